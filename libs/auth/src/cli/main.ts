#!/usr/bin/env node
import { Logger } from '@nestjs/common';
import { run } from './run.js';

// the stores log about a pool; here the log line would be inside a JSON document
Logger.overrideLogger(false);

const write = (stream: NodeJS.WriteStream) => (text: string) => void stream.write(text);
// no top-level await, because the package is also built as CommonJS
void run(process.argv.slice(2), process.env, {
  out: write(process.stdout),
  error: write(process.stderr),
}).then((code) => {
  process.exitCode = code;
});
