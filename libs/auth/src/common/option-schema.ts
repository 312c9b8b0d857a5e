import { z } from 'zod';
import { parseDuration } from './duration.js';

/** What the generated reference prints for an option: its bounds or its choices. */
const optionLimits = z.registry<{ readonly limits: string }>();

const wrong =
  (cure: string) =>
  ({ input }: { readonly input?: unknown }): string =>
    input === undefined ? `is missing: ${cure}` : `must be ${cure}`;

/** An object of options: a member that is not in the shape is refused. */
export function group<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, { error: wrong('an object of options') });
}

/** Text that is not empty. `cure` says what it is: "a URL such as …". */
export function text(cure = 'a text that is not empty', pattern = /\S/) {
  const error = wrong(cure);
  return z.string({ error }).max(1024, { error }).regex(pattern, { error });
}

/** For texts that must match other systems exactly. A file or a variable often adds a line break, which is refused. */
export function exactText(cure?: string, pattern?: RegExp) {
  return text(cure, pattern).refine(
    (value) => value.trim() === value,
    'begins or ends with a blank or a line break: trim it',
  );
}

export function flag() {
  return z.boolean({ error: wrong('true or false') });
}

export function oneOf<const Choices extends readonly string[]>(choices: Choices) {
  const limits = choices.join(', ');
  return z.enum(choices, { error: wrong(`one of ${limits}`) }).register(optionLimits, { limits });
}

export function whole(least: number, most: number) {
  const limits = `${least.toLocaleString('en')} to ${most.toLocaleString('en')}`;
  const error = wrong(`a whole number from ${limits.replace(' to ', ' to ')}`);
  return z
    .int({ error })
    .min(least, { error })
    .max(most, { error })
    .register(optionLimits, { limits });
}

/** Written as `900s`, `15m` or `30d`, a bare number being seconds; read as milliseconds. */
export function duration(least: string, most: string) {
  const [min, max] = [parseDuration(least) ?? 0, parseDuration(most) ?? 0];
  const cure = 'a duration, written as 900s, 15m or 30d (a bare number is seconds)';
  return z
    .union([z.string(), z.number()], { error: wrong(cure) })
    .transform((value, context) => {
      const millis = parseDuration(value);
      if (millis !== undefined && millis >= min && millis <= max) return millis;
      const problem = millis === undefined ? `be ${cure}` : `be from ${least} to ${most}`;
      const hint =
        typeof value === 'number' && millis !== undefined ? '; a bare number is seconds' : '';
      context.addIssue(`must ${problem}${hint}`);
      return z.NEVER;
    })
    .register(optionLimits, { limits: `${least} to ${most}` });
}

/** As `duration`, read as whole seconds. */
export function seconds(least: string, most: string) {
  return duration(least, most).transform((millis) => Math.floor(millis / 1000));
}

export function date() {
  return z.date({ error: wrong('a Date') });
}

export function list<Item extends z.core.SomeType>(item: Item, cure = 'a list') {
  return z.array(item, { error: wrong(cure) }).readonly();
}

/** A function of the host. */
export function hook<Signature extends (...args: never[]) => unknown>() {
  return z.custom<Signature>((value) => typeof value === 'function', {
    error: wrong('a function'),
  });
}

/** An object that is passed on unchanged: a store, a key, a schema. `cure` says where it comes from. */
export function handle<Handle>(fits: (value: object) => boolean, cure: string) {
  return z.custom<Handle>(
    (value) =>
      (typeof value === 'object' || typeof value === 'function') && value !== null && fits(value),
    { error: wrong(cure) },
  );
}

/**
 * Whether the object has these methods. A port is recognised by them, even if it comes from another copy of the
 * package.
 */
export const having =
  (...methods: readonly string[]) =>
  (value: object): boolean =>
    methods.every((name) => typeof Reflect.get(value, name) === 'function');

/** Scheme, host and port as a browser sends them in `Origin`. `wanted` says what it must be. */
export const exactOrigin = (wanted: string) => text(wanted).refine(isOrigin, `must be ${wanted}`);

function isOrigin(given: string): boolean {
  const parsed = URL.canParse(given) ? new URL(given) : undefined;
  return parsed !== undefined && /^https?:$/.test(parsed.protocol) && parsed.origin === given;
}
