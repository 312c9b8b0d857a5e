export function findServer(
  name: string,
  options: { readonly install: boolean },
): string | undefined;
