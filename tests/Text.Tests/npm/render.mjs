// Answers each line {template, variables} of standard input with a line: {text}, or {error} where the reference library
// does not render it.
import { createInterface } from "node:readline";
import { Template } from "@huggingface/jinja";

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const { template, variables } = JSON.parse(line);
  let answer;
  try {
    answer = { text: new Template(template).render(variables) };
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
