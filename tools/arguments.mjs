import { parseArgs } from 'node:util';

/**
 * Parses the command line: `values` of the options (as for `parseArgs` of node:util) and `words`. An unknown argument
 * ends the tool with one line and exit code 2. `takes`: whether words are allowed in addition to options.
 */
export function argumentsOf(options = {}, takes = 'options') {
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: takes === 'words' });
    return { values, words: positionals };
  } catch (error) {
    return refuse(error.message);
  }
}

/** The first word as a whole number above 0, or the default. */
export function countOf(byDefault, words = argumentsOf({}, 'words').words) {
  const [word, ...others] = words;
  const count = Number(word ?? byDefault);
  const isOne = Number.isSafeInteger(count) && count > 0 && others.length === 0;
  return isOne ? count : refuse('takes one whole number above 0');
}

export function refuse(why) {
  console.error(why.split('. ')[0]);
  process.exit(2);
}
