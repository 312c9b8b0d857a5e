#!/usr/bin/env node
import { run } from './run.js';

const write = (stream: NodeJS.WriteStream) => (text: string) => void stream.write(text);
// no top-level await: the package is CommonJS as well
void run(process.argv.slice(2), process.env, {
  out: write(process.stdout),
  error: write(process.stderr),
}).then((code) => {
  process.exitCode = code;
});
