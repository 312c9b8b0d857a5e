export function findChromium(options: { readonly install: boolean }): string | undefined;
export function browserTests(dir: string): string[];
