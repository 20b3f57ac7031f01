import { stringify } from 'yaml';
import type { ProfileInput } from '../profile/schema.ts';
import type { Answers } from './init-answers.ts';

/** Relative to the profiles. */
export const SCHEMA_FILE = '../profile.schema.json';

const HINT = 'Fields that are left out have safe defaults; "npx lifeboat schema --markdown" lists them all, "npx lifeboat explain" shows what they mean.';

/** The text of a first profile: the answers, and the figures that people change first. */
export function renderProfile(answers: Answers): string {
  const profile = firstProfile(answers);
  switch (answers.format) {
    case 'ts':
      return `// ${HINT}\nimport { defineProfile } from 'lifeboat';\n\nexport const profile = defineProfile(${literal(profile, '')});\n`;
    case 'yaml':
      return `# yaml-language-server: $schema=${SCHEMA_FILE}\n# ${HINT}\n${stringify(profile, { lineWidth: 0 })}`;
    case 'json':
      return `${JSON.stringify({ $schema: SCHEMA_FILE, ...profile }, null, 2)}\n`;
  }
}

function firstProfile({ environment, app, domain, user, root, mongodb, redis, recipient }: Answers): ProfileInput {
  return {
    name: environment,
    app: { name: app, domain, user, root, include: ['.'] },
    mongodb: { enabled: mongodb },
    redis: { enabled: redis },
    backup: {
      types: {
        full: { schedule: '0 3 * * 0', retention: '4w' },
        incremental: { schedule: '0 2 * * *', retention: '30d' },
        database: { enabled: mongodb, schedule: '0 */6 * * *', retention: '7d' },
        config: { onChange: true, retention: '90d' },
      },
      encryption: recipient === '' ? { method: 'none' } : { method: 'age', recipients: [recipient] },
    },
    objectives: { rpo: { database: '6h', uploads: '24h' } },
  };
}

/** A value as TypeScript source: short lists on one line, groups of fields on lines of their own. */
function literal(value: unknown, indent: string): string {
  if (typeof value === 'string') {
    return `'${value.replace(/[\\']/g, '\\$&')}'`;
  }
  if (Array.isArray(value)) {
    return `[${value.map((item) => literal(item, indent)).join(', ')}]`;
  }
  if (typeof value !== 'object' || value === null) {
    return String(value);
  }
  const inner = `${indent}  `;
  const fields = Object.entries(value).map(([key, field]) => `${inner}${key}: ${literal(field, inner)},\n`);
  return `{\n${fields.join('')}${indent}}`;
}
