import { MASK } from '@serverbox/contract/containers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hideKnown, maskArguments, maskEnv, maskLabels, maskText, parseEnv, secretValues } from './masking.ts';

const masked = (...entries: string[]) => maskEnv(parseEnv(entries)).map(({ value }) => value);

test('SE-11 environment is masked by name, by address and by randomness', () => {
  expect(
    masked(
      'POSTGRES_PASSWORD=hunter2',
      'MY_API_KEY=x',
      'DATABASE_URL=postgres://u:p@h/db',
      'SENTRY=https://abcdef@sentry.example.org/1',
      'WEBHOOK=https://example.org/hooks/T00000000/B00000000/XXaa11bb22cc33dd44ee55ff',
      'JWT=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N',
      'HEX=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      'PEM=-----BEGIN RSA PRIVATE KEY-----\nMIIE',
    ).every((value) => value.includes(MASK)),
  ).toBe(true);
});

test('what is no secret stays readable', () => {
  const open = [
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'NODE_VERSION=24.21.0',
    'LANG=C.UTF-8',
    'URL=https://example.org:8443/path/to/some-long-resource-name?page=2',
    'JAVA_HOME=/opt/java/openjdk',
    'EMPTY=',
    'NO_EQUALS',
    'DB_HOST=postgres-primary.internal.example.org',
  ];
  expect(maskEnv(parseEnv(open)).filter((entry) => entry.masked)).toEqual([]);
});

test('SE-11 arguments are masked as option, as pair of words and inside shell lines', () => {
  const argv = ['sh', '-c', 'export DB_PASSWORD="open sesame"; run --token=abc123', '--password', 'hunter2', '-v'];
  const text = maskArguments(argv).join(' ');
  for (const secret of ['open sesame', 'abc123', 'hunter2']) expect(text).not.toContain(secret);
  expect(text).toContain('-v');
});

test('labels are masked like environment, but published digests stay', () => {
  const digest = `sha256:${'0f'.repeat(32)}`;
  expect(
    maskLabels({
      'com.docker.compose.image': digest,
      'org.opencontainers.image.revision': 'a'.repeat(40),
      'traefik.http.middlewares.a.basicauth.users': 'admin:$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/',
      app: 'web',
    }),
  ).toEqual({
    'com.docker.compose.image': digest,
    'org.opencontainers.image.revision': 'a'.repeat(40),
    'traefik.http.middlewares.a.basicauth.users': MASK,
    app: 'web',
  });
});

test('error texts keep their sense without the secret', () => {
  const text = maskText('dial postgres://app:s3cret@db:5432/x failed, Authorization: Bearer abcdefgh12345678');
  expect(text).toContain('db:5432');
  expect(text).not.toMatch(/s3cret|abcdefgh/);
});

const secretWord = fc.string({ minLength: 8, maxLength: 40, unit: fc.constantFrom(...'abcXYZ0123456789!$%^*') });

test('SE-11 a secret that is known from the environment shows nowhere else', () => {
  fc.assert(
    fc.property(secretWord, fc.string(), fc.string(), (secret, before, after) => {
      const env = parseEnv([`DB_PASSWORD=${secret}`]);
      const shown = hideKnown(
        {
          env: maskEnv(env),
          command: [`${before}${secret}${after}`],
          labels: { [`x${secret}`]: secret },
          error: secret,
        },
        secretValues(env, {}),
      );
      expect(JSON.stringify(shown)).not.toContain(JSON.stringify(secret).slice(1, -1));
    }),
  );
});

test('IN-19 masking of 100 KB worst cases takes less than 50 ms', () => {
  const worst = [
    'PASS',
    'a',
    'key=',
    'KEY"',
    'x://',
    'Bearer ',
    'Bearer  Bearer',
    'A1',
    '-',
    '@',
    'PASS    ',
    '"KEY": ',
  ];
  for (const unit of worst) {
    const text = unit.repeat(Math.ceil(100_000 / unit.length));
    const began = performance.now();
    maskText(text);
    maskText(text.slice(0, 16_384));
    expect(performance.now() - began, unit).toBeLessThan(50);
  }
});
