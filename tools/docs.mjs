// Writes docs/options.md from the doc comments of the options. `--check`: only says whether it is up to date (exit 1 when it is not).
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'docs', 'options.md');

/** Page order: heading, file, interface, prefix of every option. */
const SECTIONS = [
  ['The module’s shape', 'auth-options', 'AuthModuleExtras', ''],
  ['Handles', '../auth.module-definition', 'AuthModuleOptions', ''],
  ['Tokens and what they say', 'auth-options', 'AuthOptions', ''],
  ['keys', 'key-options', 'StaticKeysOptions', 'keys.'],
  ['accessToken', 'auth-options', 'AccessTokenOptions', 'accessToken.'],
  ['refreshToken', 'auth-options', 'RefreshTokenOptions', 'refreshToken.'],
  ['sessions', 'auth-options', 'SessionOptions', 'sessions.'],
  ['cookies', 'cookie-options', 'CookieOptions', 'cookies.'],
  ['transports', 'auth-options', 'TransportOptions', 'transports.'],
  ['origins', 'auth-options', 'OriginOptions', 'origins.'],
  ['throttle', 'auth-options', 'ThrottleLimits', 'throttle.'],
  ['passwords', 'auth-options', 'PasswordOptions', 'passwords.'],
  ['revocation', 'auth-options', 'RevocationOptions', 'revocation.'],
  ['routes', 'auth-options', 'RouteOptions', 'routes.'],
  ['drizzleStorage(db, …)', '../drizzle/drizzle-storage', 'DrizzleStorageOptions', ''],
  ['drizzleStorage(db, { users })', '../drizzle/user-columns', 'UserColumns', 'users.'],
  ['createAuthSchema(…)', '../drizzle/schema', 'AuthSchemaOptions', ''],
  ['redisConnection(client, …)', '../redis/redis-connection', 'RedisConnectionOptions', ''],
];

const page = await prettier.format(write(), {
  ...(await prettier.resolveConfig(target)),
  parser: 'markdown',
});
if (!process.argv.includes('--check')) writeFileSync(target, page);
else if (read(target) !== page) {
  console.error('docs/options.md is not what the doc comments say: node tools/docs.mjs');
  process.exit(1);
}

function write() {
  const lines = [
    '# Options',
    '',
    '<!-- Written by tools/docs.mjs from the doc comments of libs/auth/src/options; change those. -->',
    '',
    'What `AuthModule.forRoot` and `forRootAsync` take. Durations are `900s`, `15m`, `30d`; a bare number is seconds. An option that makes no',
    'sense stops the boot with one line that names the option and the cure. The environment variables of the demo are in',
    '[`.env.example`](../.env.example).',
  ];
  for (const [heading, file, name, prefix] of SECTIONS) {
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

function describe(file, name) {
  const path = join(root, 'libs/auth/src/options', `${file}.ts`);
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
  const found = source.statements.find((each) => ts.isInterfaceDeclaration(each) && each.name.text === name);
  if (!found) throw new Error(`${path} has no interface ${name}`);
  return {
    comment: commentOf(found),
    members: found.members.flatMap((each) => rows(each, source, '', false)),
  };
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
