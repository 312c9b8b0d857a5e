const SRC = 'libs/auth/src/';

/**
 * `take` stands once in the file, and `leave` is put there instead; `seen` are the ids of the tests that miss it. `built`: the demo's own build is
 * changed as well, for tests of its processes.
 */
export const defence = (of, what, file, take, leave, seen, more = {}) => ({
  ...{ of, what, take, leave, ...more },
  file: file.startsWith('apps/') ? file : SRC + file,
  seen: seen.split(' '),
});
