#!/usr/bin/env node
import { run } from './run.js';

const write = (stream: NodeJS.WriteStream) => (text: string) => void stream.write(text);
process.exitCode = await run(process.argv.slice(2), process.env, {
  out: write(process.stdout),
  error: write(process.stderr),
});
