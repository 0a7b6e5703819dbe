/**
 * Lints with the project's own configuration, for tests (ESLint's configuration is an ES module, which jest does not load). Reads
 * {rule, snippets: [{file, code}], trees: [folder]} from stdin; a snippet is linted as if it were the text of `file`, which must exist for
 * its types to be known. Writes {snippets: [[messageId …]], trees: ["file:line message" …]}.
 */
import { readFileSync } from 'node:fs';
import { ESLint } from 'eslint';

const { rule, snippets, trees } = JSON.parse(readFileSync(0, 'utf8'));
const eslint = new ESLint({ errorOnUnmatchedPattern: false, ruleFilter: ({ ruleId }) => ruleId === rule });

const answers = [];
for (const { file, code } of snippets) {
  const [result] = await eslint.lintText(code, { filePath: file });
  answers.push(result.messages.map((message) => message.messageId ?? message.message));
}
const results = trees.length === 0 ? [] : await eslint.lintFiles(trees);
const found = results.flatMap(({ filePath, messages }) => messages.map(({ line, message }) => `${filePath}:${line} ${message}`));
process.stdout.write(JSON.stringify({ snippets: answers, trees: found }));
