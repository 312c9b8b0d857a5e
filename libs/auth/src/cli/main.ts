#!/usr/bin/env node
import { Logger } from '@nestjs/common';
import { run } from './run.js';

// what the stores say of a pool is for a service's log: here it would be in the middle of a JSON document
Logger.overrideLogger(false);

const write = (stream: NodeJS.WriteStream) => (text: string) => void stream.write(text);
// no top-level await: the package is CommonJS as well
void run(process.argv.slice(2), process.env, {
  out: write(process.stdout),
  error: write(process.stderr),
}).then((code) => {
  process.exitCode = code;
});
