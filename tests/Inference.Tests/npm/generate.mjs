// Reads {"model", "prompts", "steps"} from stdin; answers each prompt with llama.cpp: its tokens, and the greedy
// continuation as ids and text, and the probabilities [id, p] of the first generated token. Uses the prebuilt binaries of the packages; nothing is downloaded or compiled.
import {getLlama, LlamaLogLevel} from "node-llama-cpp";

let input = "";
for await (const part of process.stdin) input += part;
const {model: modelPath, prompts, steps} = JSON.parse(input);

const llama = await getLlama({
    gpu: false, build: "never", skipDownload: true, maxThreads: 1, logLevel: LlamaLogLevel.error, progressLogs: false,
});
const model = await llama.loadModel({modelPath, useMmap: false});
const context = await model.createContext({
    contextSize: 256, sequences: 1, threads: 1, flashAttention: false,
    experimentalKvCacheKeyType: "F32", experimentalKvCacheValueType: "F32",
});
const sequence = context.getSequence();
const answers = [];
for (const prompt of prompts) {
    const tokens = model.tokenize(prompt, false);
    const generated = [];
    let first;
    await sequence.clearHistory();
    const options = {temperature: 0, yieldEogToken: true};
    for await (const {token, probabilities} of sequence.evaluateWithMetadata(tokens, {probabilities: true}, options)) {
        first ??= [...probabilities];
        generated.push(token);
        if (generated.length === steps || model.isEogToken(token)) break;
    }
    answers.push({tokens, generated, first, text: model.detokenize(generated)});
}
const report = {answers, template: model.fileInfo.metadata.tokenizer.chat_template, end: model.tokens.eos};
process.stdout.write(JSON.stringify(report), () => process.exit(0)); // only once the pipe has taken all of it
