// The lists of docs/event-types.md and docs/metrics.md, from the sources; the prose around them is written by hand.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path) => readFileSync(join(root, path), 'utf8');

/** Page → its text, with every part between `<!-- name: … -->` and `<!-- /name -->` written anew. */
export async function pagesWithLists() {
  const { severityOf } = await load('libs/auth/src/storage/severity.ts');
  const { METRICS, prometheusName } = await load('libs/auth/src/observe/metrics/definitions.ts');
  const parts = {
    events: events(severityOf),
    reasons: members('libs/auth/src/storage/end-reason.ts', 'EndReason')
      .map((each) => `\`${each.getText().slice(1, -1)}\``)
      .join(', '),
    metrics: metrics(Object.values(METRICS), prometheusName),
  };
  return ['docs/event-types.md', 'docs/metrics.md'].map((page) => [
    page,
    read(page).replaceAll(
      /(<!-- (\w+):[^>]*-->\n)[\s\S]*?(<!-- \/\2 -->)/g,
      (_all, start, name, end) => `${start}\n${parts[name]}\n\n${end}`,
    ),
  ]);
}

/** File and type, in the order of the page. */
const EVENTS = [
  ['events/sign-in-events', 'SignInEvent'],
  ['events/session-events', 'SessionEvent'],
  ['events/account-events', 'AccountEvent'],
  ['events/factor-events', 'FactorEvent'],
  ['events/revocation-events', 'RevocationEvent'],
];

function events(severityOf) {
  return EVENTS.flatMap(([file, name]) => members(`libs/auth/src/storage/${file}.ts`, name))
    .map((each) => {
      const [type, ...others] = each.members;
      const name = type.type.getText().slice(1, -1);
      const fields = others.map((field) => {
        const values = ts.isUnionTypeNode(field.type)
          ? ` (${field.type.types.map((one) => one.getText().replaceAll("'", '')).join(', ')})`
          : '';
        return `\`${field.name.getText()}${field.questionToken ? '?' : ''}\`${values}`;
      });
      const [doc] = ts.getJSDocCommentsAndTags(type);
      const severity = severityOf(name);
      const says = ts.getTextOfJSDocComment(doc?.comment) ?? '';
      const told = fields.length > 0 ? ` With ${fields.join(', ')}.` : '';
      return `- \`${name}\`, ${severity === 'high' ? '**high**' : severity}: ${says}${told}`;
    })
    .join('\n');
}

function metrics(definitions, prometheusName) {
  return definitions
    .map((each) => {
      const by = each.attributes.map((name) => `\`${name}\``).join(', ');
      return `- \`${each.name}\` (\`${prometheusName(each)}\`), ${each.kind}${by && ` by ${by}`}: ${each.help}`;
    })
    .join('\n');
}

/** The members of a union type, anywhere in the alias. */
function members(path, name) {
  const source = ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest, true);
  const alias = source.statements.find(
    (each) => ts.isTypeAliasDeclaration(each) && each.name.text === name,
  );
  const find = (node) => (ts.isUnionTypeNode(node) ? node.types : ts.forEachChild(node, find));
  return [...find(alias.type)];
}

/** A source that imports only types. */
async function load(path) {
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  const { outputText } = ts.transpileModule(read(path), { compilerOptions });
  return import(`data:text/javascript,${encodeURIComponent(outputText)}`);
}
