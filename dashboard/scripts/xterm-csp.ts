import type { Plugin } from 'vite';

/** What is replaced in xterm's bundle, and how often it has to occur: a new release that differs fails the build. */
const REPLACEMENTS: readonly { find: RegExp; replace: string; count: number }[] = [
  // See src/components/terminal/sheet-element.ts for the element.
  { find: /createElement\("style"\)/g, replace: 'createElement("sb-sheet")', count: 3 },
  // An attribute in text is refused, the same style through the object model is not.
  {
    find: /(\w+)\.setAttribute\("style",`\$\{\1\.getAttribute\("style"\)\|\|""\}\$\{(\w+)\};`\)/g,
    replace: '$1.style.cssText+=$2+";"',
    count: 1,
  },
];

/** Makes xterm work under `style-src 'self'`: it neither writes <style> elements nor style attributes any more. */
export const xtermWithoutInlineStyles = (): Plugin => ({
  name: 'xterm-without-inline-styles',
  apply: 'build',
  transform: {
    filter: { id: /@xterm\/xterm\/lib\/xterm\.mjs$/ },
    handler(code) {
      let result = code;
      for (const { find, replace, count } of REPLACEMENTS) {
        const found = code.match(find)?.length ?? 0;
        if (found !== count) {
          throw new Error(
            `xterm's bundle has ${found} instead of ${count} places like ${find}: adapt scripts/xterm-csp.ts`,
          );
        }
        result = result.replace(find, replace);
      }
      return { code: result, map: null };
    },
  },
});
