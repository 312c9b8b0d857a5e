import { createHash } from 'node:crypto';

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; min-height: 100vh; display: grid; place-items: center; background: #eef1ee; color: #14231a }
main { background: #fff; padding: 32px; border-radius: 12px; width: min(360px, 100vw - 32px); box-sizing: border-box }
h1 { margin: 0 0 4px; font-size: 24px }
label { display: block; margin-top: 16px }
input[type=email] { display: block; box-sizing: border-box; width: 100%; margin-top: 4px; padding: 10px; font: inherit; border: 1px solid #66756b; border-radius: 8px }
button { width: 100%; margin-top: 16px; padding: 12px; font: inherit; border-radius: 8px; border: 1px solid #1c6b3f; background: #1c6b3f; color: #fff }
button.plain { background: #fff; color: #1c6b3f }
@media (prefers-color-scheme: dark) {
  body { background: #101713; color: #e4ece7 } main { background: #1a241e }
  input[type=email] { background: #101713; color: inherit; border-color: #8b9a90 }
  button { background: #4fb87e; border-color: #4fb87e; color: #08120c } button.plain { background: none; color: #7fd3a2 }
}`;
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** The form leads on to the demo, under any name of this machine, and browsers apply the policy to all redirects. */
export function pagePolicy(origins: readonly string[]): string {
  const forms = ["'self'", ...origins].join(' ');
  return `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action ${forms}; base-uri 'none'; frame-ancestors 'none'`;
}

/** `action`: a path of ours. */
export function signInPage(action: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Example</title>
<style>${STYLE}</style>
<main>
<h1>Example</h1>
<p>A provider for trying things out. It believes whatever email you say is yours.</p>
<form method="post" action="${action}">
<label>Email<input type="email" name="email" value="visitor@example.com" required maxlength="254" autofocus></label>
<label><input type="checkbox" name="verified" checked> Example has verified it</label>
<button>Sign in at Example</button>
<button class="plain" name="refuse" value="1" formnovalidate>Do not sign in</button>
</form>
</main>
`;
}
