import { describe, expect, test } from 'vitest';
import { lifeboat } from './cli-run.ts';
import { MINIMAL, project } from './load/fixture.ts';

const QUIET = `${MINIMAL}backup:
  types: { full: { schedule: '0 */6 * * *' }, incremental: { enabled: false }, database: { enabled: false } }
`;

describe('validate', () => {
  test('lists everything that is wrong, with places, codes, figures and cures', async () => {
    const profile = `name: production
app:
  name: shop
  domain: shop.example.com
backup:
  types:
    database:
      schedule: 0 */12 * * *
      retenton: 7d
`;
    const broken = await lifeboat(project({ 'infrastructure/profiles/production.yaml': profile }), 'validate', 'production');
    expect(broken).toEqual({
      code: 1,
      err: '',
      out: `infrastructure/profiles/production.yaml:9:7  backup.types.database.retenton
  unknown key "retenton". Did you mean "retention"?
1 error, 0 warnings.
`,
    });
    const parsed = profile.replace('retenton', 'retention');
    const { code, out } = await lifeboat(project({ 'infrastructure/profiles/production.yaml': parsed }), 'validate', 'production');
    expect(code).toBe(1);
    expect(out).toContain(`infrastructure/profiles/production.yaml:8:7  backup.types.database.schedule  [RPO-001]
  up to 12 hours pass between captures (full 0 3 * * 0, incremental 0 2 * * *, database 0 */12 * * *), but objectives.rpo.database is 6 hours.
  Write "0 */6 * * *", or set objectives.rpo.database to "12h".
`);
    expect(out).toMatch(/\n1 error, 1 warning\.\n$/);
  });

  test('lets warnings pass and names the next command', async () => {
    const { code, out } = await lifeboat(project({ 'a.yaml': QUIET }), 'validate', 'a.yaml');
    expect(code).toBe(0);
    expect(out).toContain('a.yaml:5:1  backup.remotes  [LOC-001]  warning\n');
    expect(out).toMatch(/\ntest {2}a\.yaml {2}valid\n0 errors, 1 warning\. Next: npx lifeboat generate a\.yaml\n$/);
  });

  test('--strict makes warnings count', async () => {
    const { code, out } = await lifeboat(project({ 'a.yaml': QUIET }), 'validate', 'a.yaml', '--strict');
    expect(code).toBe(1);
    expect(out).toMatch(/\n0 errors, 1 warning\.\n$/);
  });

  test('--json prints the problems as data', async () => {
    const { code, out } = await lifeboat(project({ 'a.yaml': `${QUIET}nam: x\n` }), 'validate', '--json', 'a.yaml');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({
      valid: false,
      profiles: [],
      problems: [
        {
          file: 'a.yaml',
          line: 7,
          column: 1,
          path: 'nam',
          code: 'unknown-key',
          message: 'unknown key "nam"',
          fix: 'Did you mean "name"?',
          severity: 'error',
        },
      ],
    });
  });

  test('a project without profiles is told how to begin', async () => {
    const { code, err } = await lifeboat(project({}), 'validate');
    expect({ code, err }).toEqual({ code: 1, err: 'error: there are no profiles in infrastructure/profiles\n  Run "npx lifeboat init" to write one.\n' });
  });
});
