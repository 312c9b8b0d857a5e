const SRC = 'libs/auth/src/';

/**
 * `take` occurs once in the file and is replaced with `leave`; `seen` has the ids of the tests that then fail. `built`:
 * the demo's own build is changed as well, for tests of its processes.
 */
export const defence = (of, what, file, take, leave, seen, more = {}) => ({
  of,
  what,
  take,
  leave,
  ...more,
  file: /^(?:apps|libs)\//.test(file) ? file : SRC + file,
  seen: seen.split(' '),
});
