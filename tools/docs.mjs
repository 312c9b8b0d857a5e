// Writes docs/options.md and the tables of docs/events.md and docs/metrics.md from the sources. `--check`: only says whether they are up to date
// (exit 1 when they are not).
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';
import ts from 'typescript';
import { pagesWithTables } from './docs-tables.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Where the interfaces are, relative to libs/auth/src/. */
const OPTION_FILES = ['auth-options', 'cookie-options', 'key-options'].map((name) => `options/${name}`);
/** Before and after the groups of `AuthOptions`, which are found: heading, file, interface, prefix of every option. */
const FIRST = [
  ['The module’s shape', 'options/auth-options', 'AuthModuleExtras', ''],
  ['Handles', 'auth.module-definition', 'AuthModuleOptions', ''],
  ['Tokens and groups', 'options/auth-options', 'AuthOptions', ''],
];
const LAST = [
  ['accessToken.encryption', 'options/encryption-options', 'EncryptionOptions', 'accessToken.encryption.'],
  ['accessToken.encryption.keys', 'options/encryption-options', 'EncryptionKeyOptions', ''],
  ['accessToken.legacy', 'options/legacy-options', 'LegacyIssuerOptions', ''],
  ['observe', 'options/observe-options', 'ObserveOptions', 'observe.'],
  ['routes', 'options/auth-options', 'RouteOptions', 'routes.'],
  ['trustedIssuers[]', 'options/issuer-options', 'TrustedIssuerOptions', ''],
  ['trustedIssuers[].jwks', 'options/issuer-options', 'ForeignJwksOptions', ''],
  ['forResourceServer(…)', 'options/resource-server-options', 'ResourceServerOptions', ''],
  ['forResourceServer(…): handles', 'verify/verify.module-definition', 'ResourceServerModuleOptions', ''],
  ['forResourceServer({ jwks })', 'options/remote-jwks-options', 'RemoteJwksOptions', 'jwks.'],
  ['drizzleStorage(db, …)', 'drizzle/drizzle-storage', 'DrizzleStorageOptions', ''],
  ['drizzleStorage(db, { users })', 'drizzle/user-columns', 'UserColumns', 'users.'],
  ['createAuthSchema(…)', 'drizzle/schema', 'AuthSchemaOptions', ''],
  ['keyDirectory(path, …)', 'issue/keys/file-keys', 'KeyDirectoryOptions', ''],
  ['drizzleKeySource(db, …)', 'drizzle/drizzle-key-source.store', 'DrizzleKeySourceOptions', ''],
  ['oidc(…)', 'oidc/oidc-schema', 'OidcOptions', ''],
  ['oidc({ providers })', 'oidc/oidc-schema', 'OidcProvider', ''],
  ['redisConnection(client, …)', 'redis/redis-connection', 'RedisConnectionOptions', ''],
];

for (const [path, text] of [['docs/options.md', write()], ...(await pagesWithTables())]) {
  const target = join(root, path);
  const page = await prettier.format(text, {
    ...(await prettier.resolveConfig(target)),
    parser: 'markdown',
  });
  if (!process.argv.includes('--check')) writeFileSync(target, page);
  else if (read(target) !== page) {
    console.error(`${path} is not what the sources say: node tools/docs.mjs`);
    process.exitCode = 1;
  }
}

function write() {
  const lines = [
    '# Options',
    '',
    '<!-- Written by tools/docs.mjs from the doc comments of libs/auth/src/options; change those. -->',
    '',
    'What `AuthModule.forRoot` and `forRootAsync` take. Durations are `900s`, `15m`, `30d`; a bare number is seconds. An option that makes no',
    'sense, that is not known or stands in the wrong place stops the boot with one line that names the option and the cure; an instance of',
    'a class is read through its getters. The environment variables of the demo are in',
    '[`.env.example`](../.env.example).',
  ];
  for (const [heading, file, name, prefix] of [...FIRST, ...groups(), ...LAST]) {
    const { comment, members } = describe(file, name);
    lines.push('', `## ${heading}`, '');
    if (comment) lines.push(prose(comment), '');
    lines.push('| option | type | |', '| --- | --- | --- |');
    for (const { option, type, text, optional } of members)
      lines.push(
        `| \`${prefix}${option}\`${optional ? '' : ' (required)'} | \`${cell(type)}\` | ${cell(prose(text))} |`,
      );
  }
  return `${lines.join('\n')}\n`;
}

/** A group for each member of `AuthOptions` that has an interface of its own. */
function groups() {
  return describe('options/auth-options', 'AuthOptions').members.flatMap(({ option, type }) => {
    const [name] = type.split(' ');
    const file = OPTION_FILES.find((each) => interfaceOf(each, name));
    return file ? [[option, file, name, `${option}.`]] : [];
  });
}

function describe(file, name) {
  const found = interfaceOf(file, name);
  if (!found) throw new Error(`${file} has no interface ${name}`);
  const source = found.getSourceFile();
  return {
    comment: commentOf(found),
    members: found.members.flatMap((each) => rows(each, source, '', false)),
  };
}

function interfaceOf(file, name) {
  const path = join(root, 'libs/auth/src', `${file}.ts`);
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  return source.statements.find((each) => ts.isInterfaceDeclaration(each) && each.name.text === name);
}

function rows(member, source, prefix, insideOptional) {
  if (!ts.isPropertySignature(member) || !member.type) return [];
  const option = prefix + member.name.getText(source);
  const optional = insideOptional || member.questionToken !== undefined;
  if (ts.isTypeLiteralNode(member.type) && option !== 'verificationKeys')
    return member.type.members.flatMap((each) => rows(each, source, `${option}.`, optional));
  const type = member.type
    .getText(source)
    .replaceAll(/\breadonly /g, '')
    .replaceAll(/\s+/g, ' ');
  return [{ option, type, optional, text: commentOf(member) }];
}

function commentOf(node) {
  const [doc] = ts.getJSDocCommentsAndTags(node);
  if (!doc || !ts.isJSDoc(doc)) return '';
  return (ts.getTextOfJSDocComment(doc.comment) ?? '').replaceAll(/\s+/g, ' ');
}

function prose(text) {
  return text
    .replaceAll(/contract, (sections? [\d ,and]*\d)/g, '[contract](contract.md), $1')
    .replaceAll(/(?<![(/\w])docs\/([\w-]+\.md)/g, '[$1]($1)');
}

function cell(text) {
  return text.replaceAll('|', '\\|');
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
