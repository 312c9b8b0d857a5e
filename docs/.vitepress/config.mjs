// `npm run site`: the pages of docs/ as a site in dist/site, with search. A link to a page that is not there ends the build.
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { defineConfig } from 'vitepress';

const REPOSITORY = 'https://github.com/tokenward/tokenward';

export default defineConfig({
  title: 'Tokenward',
  description:
    'Authentication for NestJS: access tokens that can be taken back within milliseconds',
  outDir: '../dist/site',
  cacheDir: '../node_modules/.cache/vitepress',
  cleanUrls: true,
  rewrites: { 'README.md': 'index.md', ':folder/README.md': ':folder/index.md' },
  markdown: {
    // the same addresses of headings as in the repository
    anchor: { slugify: headingAddress },
    config: (markdown) =>
      markdown.core.ruler.push('links', ({ tokens, env }) => rewriteLinks(tokens, env)),
  },
  themeConfig: {
    search: { provider: 'local' },
    sidebar: sidebar(readFileSync(new URL('../README.md', import.meta.url), 'utf8')),
    socialLinks: [{ icon: 'github', link: REPOSITORY }],
    outline: 'deep',
  },
});

function headingAddress(heading) {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

/** What is not a page of docs/ is in the repository; a folder's page is its index. */
function rewriteLinks(tokens, { relativePath }) {
  for (const token of tokens.flatMap(({ children }) => children ?? [])) {
    const href = token.type === 'link_open' ? token.attrGet('href') : null;
    if (href === null || /^(?:\w+:|#)/.test(href)) continue;
    const [path, anchor] = href.split('#');
    const target = posix.join('docs', posix.dirname(relativePath), path);
    const isPage = target.startsWith('docs/') && target.endsWith('.md');
    const address = isPage
      ? path.replace(/README\.md$/, 'index.md')
      : `${REPOSITORY}/blob/main/${target}`;
    token.attrSet('href', anchor === undefined ? address : `${address}#${anchor}`);
  }
}

/** The index page's own order: a group for each heading, an item for each link to a page. */
function sidebar(index) {
  return index
    .split(/^## /m)
    .slice(1)
    .map((section) => ({
      text: section.split('\n', 1)[0],
      collapsed: false,
      items: [...section.matchAll(/\[([^\]]+)\]\((?!https?:|\.\.)([^)#]+)\.md\)/g)].map(
        ([, text, path]) => ({
          text: text.replaceAll(/\s+/g, ' ').replace(/^./, (letter) => letter.toUpperCase()),
          link: `/${path.replace(/README$/, '')}`,
        }),
      ),
    }));
}
