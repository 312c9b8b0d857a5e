import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';

/**
 * What became of each defence when it was last removed, in docs/assurance/defences.json: they can be run on different
 * days. One that was written anew since, or is named for other tests, counts as never taken out.
 */
export class KeptResults {
  #path;
  #results;

  constructor(root) {
    this.#path = join(root, 'docs', 'assurance', 'defences.json');
    this.#results = existsSync(this.#path) ? JSON.parse(readFileSync(this.#path, 'utf8')) : {};
  }

  /** `killers`: ids of the tests that failed. */
  note(defence, killers) {
    this.#results[keyOf(defence)] = { on: new Date().toISOString().slice(0, 10), killers };
  }

  of(defence) {
    return this.#results[keyOf(defence)];
  }

  /** Results in the order of the list, without other defences. */
  async write(all) {
    const kept = all.flatMap((defence) => {
      const result = this.of(defence);
      return result ? [[keyOf(defence), result]] : [];
    });
    const lines = kept.map(([key, result]) => `${JSON.stringify(key)}: ${JSON.stringify(result)}`);
    const text = `{\n${lines.join(',\n')}\n}`;
    const options = { ...(await resolveConfig(this.#path)), filepath: this.#path };
    writeFileSync(this.#path, await format(text, options));
  }
}

function keyOf({ of, what, file, take, leave, seen }) {
  const text = JSON.stringify([file, take, leave, seen]);
  return `${of}: ${what} ${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
}

/** The pages by what they hold; a defence is on the first page that takes it. */
const PAGES = [
  { name: 'defences-asvs', title: 'Defences of the ASVS', takes: /^ASVS/ },
  { name: 'defences-rfcs', title: 'Defences of the RFCs', takes: /^RFC/ },
  {
    name: 'defences-requirements',
    title: 'Defences of the requirements',
    takes: /^requirement/,
  },
  {
    name: 'defences-issuers',
    title: 'Defences against other issuers',
    takes: /^(?:oidc|issuers|tenants|pinned JWKS)$/,
  },
  {
    name: 'defences-sessions',
    title: 'Defences of sessions',
    takes: /session|^(?:refresh|histories|acting|revocation)/i,
  },
  { name: 'defences', title: 'Defences', takes: /^/ },
];

export async function writeReport(root, all, kept) {
  const pageOf = ({ of }) => PAGES.find(({ takes }) => takes.test(of));
  for (const page of PAGES) {
    const others = PAGES.filter((each) => each !== page)
      .map(({ name, title }) => `[${title}](${name}.md)`)
      .join(', ');
    const own = all.filter((each) => pageOf(each) === page);
    await writePage(root, page, own, kept, `Other pages: ${others}.`);
  }
}

async function writePage(root, { name, title }, all, kept, elsewhere) {
  const linked = (tests) => tests.map(({ id, path }) => `[${id}](../../${path})`).join(', ');
  const rows = all.flatMap((defence) => {
    const result = kept.of(defence);
    if (!result) return [];
    const killers = defence.tests.filter(({ id }) => result.killers.includes(id));
    return `- **${defence.of}**: ${defence.what}. Seen by ${killers.length > 0 ? linked(killers) : 'no test'}`;
  });
  const others = all.flatMap((defence) => {
    const passing = defence.tests.filter(
      ({ id }) => kept.of(defence)?.killers.includes(id) === false,
    );
    return passing.map((each) => `- ${defence.of}: ${linked([each])}`);
  });
  const never = all.filter((each) => !kept.of(each)).map(({ of, what }) => `- **${of}**: ${what}`);
  const lived = all.filter((each) => kept.of(each)?.killers.length === 0).length;
  const section = (lead, lines) => (lines.length > 0 ? `${lead}\n\n${lines.join('\n')}\n\n` : '');
  const text = `# ${title}, removed once

Written by \`npm run defences\`. Each item is a defence that was removed by itself from a copy of the source, and the test that failed then. ${rows.length} defences; ${lived} were missed by no test. ${elsewhere}

${section('', rows)}${section('Also named for the defence, for another part of it; these pass without this part.', others)}${section('Not removed yet, or not since they were written anew:', never)}`;
  const target = join(root, 'docs', 'assurance', `${name}.md`);
  writeFileSync(target, await format(text, { ...(await resolveConfig(target)), filepath: target }));
}
