import { type z } from 'zod';

/** Names that other libraries, or our own earlier releases, use for an option. */
const ALSO_KNOWN_AS: Readonly<Record<string, string>> = {
  expiresin: 'ttl',
  expiration: 'ttl',
  expires: 'ttl',
  expiry: 'ttl',
  lifetime: 'ttl',
  maxage: 'ttl',
  timeout: 'deadline',
  secretorkey: 'secret',
  jwksuri: 'url',
  memorykib: 'memoryCost',
  passes: 'timeCost',
  type: 'mode',
};

/** The options of a schema: the shape of its object, without wrappers. */
export function shapeOf(schema: z.core.$ZodType | undefined): z.core.$ZodShape | undefined {
  if (schema === undefined) return undefined;
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'object') return def.shape;
  if (def.type === 'union') return def.options.map(shapeOf).find((each) => each !== undefined);
  if (def.type === 'pipe') return shapeOf(def.in);
  return 'innerType' in def ? shapeOf(def.innerType) : undefined;
}

/** The schema of a list's entries, without wrappers. */
export function entriesOf(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  if (schema === undefined) return undefined;
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'array') return def.element;
  return 'innerType' in def ? entriesOf(def.innerType) : undefined;
}

/** `['accessToken', 'legacy', 0, 'name']` → `accessToken.legacy[0].name`. */
export function written(path: readonly PropertyKey[]): string {
  return path
    .map((each) => (typeof each === 'number' ? `[${String(each)}]` : `.${printable(String(each))}`))
    .join('')
    .replace(/^\./, '');
}

/** Every option with the objects on the way to it, lists left out: `issuer`, `accessToken`, `accessToken.ttl` … */
export function pathsIn(schema: z.core.$ZodType): readonly string[] {
  return Object.entries(shapeOf(schema) ?? {}).flatMap(([name, each]) => [
    name,
    ...pathsIn(each).map((below) => `${name}.${below}`),
  ]);
}

/** A sentence that suggests what an unknown member may have been meant to be. */
export function cureOf(
  unknown: string,
  path: readonly PropertyKey[],
  root: z.core.$ZodType,
  prefix: readonly string[] = [],
): string {
  const named = (...names: readonly PropertyKey[]): string => written([...prefix, ...names]);
  const here = Object.keys(shapeOf(schemaAt(root, path)) ?? {});
  // an entry of a list has no other place
  const all = path.some((each) => typeof each === 'number') ? [] : pathsIn(root);
  const meant = ALSO_KNOWN_AS[plain(unknown)] ?? unknown;
  const known = here.find((each) => plain(each) === plain(meant));
  if (known !== undefined) return `did you mean ${named(...path, known)}?`;
  const places = all.filter(
    (each) => plain(each) === plain(meant) || plain(lastOf(each)) === plain(meant),
  );
  if (places.includes(unknown)) return `write it nested: ${unknown.split('.').join(': { ')} … }`;
  if (places.length > 0)
    return `it belongs at ${places
      .slice(0, 3)
      .map((each) => named(each))
      .join(' or ')}`;
  const near = nearest(unknown, here);
  if (near !== undefined) return `did you mean ${named(...path, near)}?`;
  const far = nearest(unknown, all.map(lastOf));
  const at = all.find((each) => lastOf(each) === far);
  return at === undefined ? `known here: ${here.join(', ')}` : `did you mean ${named(at)}?`;
}

/** The known name that differs from it only by a typing error, or by a longer or shorter form. */
export function nearest(unknown: string, known: readonly string[]): string | undefined {
  const given = plain(unknown);
  const scored = known.map((name) => ({ name, distance: distanceOf(given, plain(name)) }));
  const [best] = scored.sort((a, b) => a.distance - b.distance);
  if (best && best.distance <= Math.max(1, Math.floor(given.length * 0.4))) return best.name;
  return known.find((name) => {
    const [short, long] = [given, plain(name)].sort((a, b) => a.length - b.length);
    if (short === undefined || short.length < 3) return false;
    return long?.startsWith(short) === true || given.endsWith(plain(name));
  });
}

function schemaAt(
  root: z.core.$ZodType,
  path: readonly PropertyKey[],
): z.core.$ZodType | undefined {
  return path.reduce<z.core.$ZodType | undefined>(
    (at, each) => (typeof each === 'number' ? entriesOf(at) : shapeOf(at)?.[String(each)]),
    root,
  );
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

/** `ACCESS_TOKEN`, `access-token` and `accessToken` are one name. */
function plain(name: string): string {
  return name.replaceAll(/[_\-\s]/g, '').toLowerCase();
}

/** A member's name may be a secret that was put in the wrong place. */
function printable(name: string): string {
  return /^[\w$.@-]{1,40}$/.test(name) ? name : '(a member whose name is not printed)';
}

/** Optimal string alignment: insertions, deletions, substitutions, and neighbours that changed places. */
function distanceOf(a: string, b: string): number {
  let [before, last]: readonly (readonly number[])[] = [
    [],
    Array.from({ length: b.length + 1 }, (_, i) => i),
  ];
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(
        (row[j - 1] ?? 0) + 1,
        (last?.[j] ?? 0) + 1,
        (last?.[j - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (before?.[j - 2] ?? 0) + 1 : Infinity,
      );
    }
    [before, last] = [last, row];
  }
  return last?.[b.length] ?? Infinity;
}
