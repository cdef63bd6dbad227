// Reads tokenizer.json and tokenizer_config.json from the folder in the first argument with the reference libraries and
// answers each line of standard input with a line: {"text"} -> ids and decoded text; {"messages"} -> the same for the
// conversation as the chat template renders it. With {"skipSpecial": true} the decoded text lacks special tokens.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Template } from "@huggingface/jinja";
import { Tokenizer } from "@huggingface/tokenizers";

const folder = process.argv[2];
const read = (name) => JSON.parse(readFileSync(`${folder}/${name}`, "utf8"));
const config = read("tokenizer_config.json");
const tokenizer = new Tokenizer(read("tokenizer.json"), config);
const template = new Template(config.chat_template ?? "");

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const { text, messages, addGenerationPrompt, skipSpecial = false } = JSON.parse(line);
  const input = text ?? template.render({ messages, add_generation_prompt: addGenerationPrompt });
  const { ids } = tokenizer.encode(input, { add_special_tokens: false });
  const options = { skip_special_tokens: skipSpecial, clean_up_tokenization_spaces: false };
  const decoded = ids.length > 0 ? tokenizer.decode(ids, options) : "";
  process.stdout.write(JSON.stringify({ ids, decoded }) + "\n");
}
