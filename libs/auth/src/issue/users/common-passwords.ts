let list: Promise<ReadonlySet<string>> | undefined;

/**
 * Whether a password (NFKC) is among the 49,000 most common ones, in any case. The list is loaded
 * at the first call.
 */
export async function isCommonPassword(password: string): Promise<boolean> {
  list ??= load();
  return (await list).has(password.toLowerCase());
}

async function load(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return new Set(dictionary['passwords-common']);
}
