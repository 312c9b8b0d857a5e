import type { z } from 'zod';
import { AuthError } from './auth-error.js';
import { cureOf, entriesOf, nearest, shapeOf, written } from './option-names.js';

export interface OptionsPlace {
  /** The owner of the options, `AuthModule.forRoot` or `drizzleStorage`. It is named if the whole object is wrong. */
  readonly of: string;
  /** Put before every option's name: `drizzleStorage`. Default none. */
  readonly prefix?: string;
  /** Where options that are unknown here belong, by their path. */
  readonly elsewhere?: Readonly<Record<string, string>>;
}

type Issue = z.core.$ZodIssue;
type Member = readonly PropertyKey[];

/**
 * Reads an object of options: defaults filled in, durations as numbers. An unknown, misplaced or invalid option is
 * refused with one line that names the option and the cure, never a value. A class instance is read through its
 * getters.
 */
export function readOptions<Schema extends z.ZodType>(
  schema: Schema,
  given: unknown,
  { of, prefix, elsewhere = {} }: OptionsPlace,
): z.output<Schema> {
  const before = prefix === undefined ? [] : [prefix];
  const refuse = (path: Member, problem: string): never => {
    throw AuthError.configuration(written([...before, ...path]) || of, problem);
  };
  const result = schema.safeParse(dataOf(schema, given, elsewhere));
  if (result.success) return result.data;
  const issues = result.error.issues.map(deepest);
  // a misspelt name is also missing under its right name, so it is reported first
  const stranger = issues.find((each) => each.code === 'unrecognized_keys');
  if (stranger?.code === 'unrecognized_keys') {
    const name = stranger.keys[0] ?? '';
    const path = [...stranger.path, name];
    return refuse(
      path,
      `is not an option; ${elsewhere[written(path)] ?? cureOf(name, stranger.path, schema, before)}`,
    );
  }
  const [first] = issues;
  return refuse(first?.path ?? [], first?.message ?? 'makes no sense');
}

/** For a union, the branch that the value was meant for: the one that matched furthest. */
function deepest(issue: Issue): Issue {
  if (issue.code !== 'invalid_union') return issue;
  const inside = issue.errors
    .flat()
    .map(deepest)
    .filter((each) => each.path.length > 0 || each.code === 'unrecognized_keys');
  const found = inside.find((each) => each.code === 'unrecognized_keys') ?? inside[0];
  return found ? { ...found, path: [...issue.path, ...found.path] } : issue;
}

/** The members that the schema knows, as plain objects. The getters of a class count as members. */
export function dataOf(
  schema: z.core.$ZodType,
  value: unknown,
  elsewhere: OptionsPlace['elsewhere'] = {},
): unknown {
  const entry = entriesOf(schema);
  if (entry && Array.isArray(value)) return value.map((each) => dataOf(entry, each));
  const shape = shapeOf(schema);
  if (!shape || !isObject(value) || Array.isArray(value)) return value;
  const known = Object.keys(shape).filter((name) => name in value);
  const unknown = isPlain(value)
    ? Object.keys(value).filter((name) => !(name in shape))
    : slipsOf(value);
  if (!isPlain(value) && known.length + unknown.length === 0) return null;
  return Object.fromEntries(
    [...known, ...unknown].map((name) => {
      const each = shape[name];
      return [name, each ? dataOf(each, value[name]) : undefined];
    }),
  );

  /** A class may have state of its own. A member whose name is nearly that of a missing option is a typing error. */
  function slipsOf(instance: object): readonly string[] {
    const missing = Object.keys(shape ?? {}).filter((name) => !known.includes(name));
    return membersOf(instance).filter(
      (name) =>
        !known.includes(name) && (name in elsewhere || nearest(name, missing) !== undefined),
    );
  }
}

/** The own members of an instance, and the getters of its classes. */
function membersOf(instance: object): readonly string[] {
  const names = Object.keys(instance);
  let at: unknown = Object.getPrototypeOf(instance);
  while (isObject(at) && Object.getPrototypeOf(at) !== null) {
    for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (get) names.push(name);
    at = Object.getPrototypeOf(at);
  }
  return names;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** A plain object `{ … }` of this realm or another, or the exports of a module. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || (isObject(prototype) && Object.getPrototypeOf(prototype) === null);
}
