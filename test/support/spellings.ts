/** Other texts that a `uuid` or `integer` column reads as the same value. */
export type Spelling = readonly [name: string, spell: (id: string) => string];
export const SPELLINGS: Readonly<Record<'people' | 'members', readonly Spelling[]>> = {
  people: [
    ['upper case', (id: string) => id.toUpperCase()],
    ['braces', (id: string) => `{${id}}`],
    ['no hyphens', (id: string) => id.replaceAll('-', '')],
  ],
  members: [
    ['leading zeros', (id: string) => `00${id}`],
    ['a blank', (id: string) => ` ${id}`],
    ['a sign', (id: string) => `+${id}`],
  ],
};
