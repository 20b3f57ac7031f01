// Every field of a profile as a page: what it is, what it takes, what it is when it is left out, and why one would set it. All of it stands in
// the schema, so that errors, editors and this page say the same.
import { isRecord } from './define.ts';
import { jsonSchema, type SchemaNode } from './schema-tree.ts';

type Field = { readonly path: string; readonly type: string; readonly fallback: string; readonly example: string; readonly meaning: string };
type Section = { readonly heading: string; readonly about: string; readonly fields: Field[] };

const INTRODUCTION = `# The profile, field by field

Written by \`npx lifeboat schema --markdown\` from the schema that checks the profiles; a test compares the two. What is left out has its
default; a field whose default is *required* must be written. Times are \`s\`, \`m\`, \`h\`, \`d\`, \`w\`; sizes \`KB\`, \`MB\`, \`GB\`, \`TB\`, or \`KiB\` and so
on. No field holds a secret: those stand in the environment file on the server.
`;

export function fieldList(): string {
  const { properties, else: otherwise } = jsonSchema();
  const required = isRecord(otherwise) && Array.isArray(otherwise['required']) ? (otherwise['required'] as unknown[]) : [];
  const top: Section = { heading: 'Top', about: 'Beside the sections.', fields: [] };
  const sections = Object.entries(groups(properties)).flatMap(([name, node]): Section[] => {
    if (node['properties'] === undefined) {
      top.fields.push(fieldOf(name, node, required.includes(name)));
      return [];
    }
    return sectionsOf(name, withRequired(name, node));
  });
  return [INTRODUCTION, ...[top, ...sections].map(sectionText)].join('\n');
}

/** The schema states this beside its sections, for profiles that extend another one may leave them out. */
function withRequired(name: string, node: SchemaNode): SchemaNode {
  return name === 'app' ? { ...node, required: ['name', 'domain'] } : node;
}

/** A group of fields, and after it the alternatives below it that have fields of their own. */
function sectionsOf(path: string, node: SchemaNode): Section[] {
  const section: Section = { heading: path, about: text(node['description']), fields: [] };
  const below: Section[] = [];
  collect(path, node, section.fields, below);
  return [section, ...below];
}

function collect(path: string, node: SchemaNode, fields: Field[], below: Section[]): void {
  for (const [name, child] of Object.entries(groups(node['properties']))) {
    const place = `${path}.${name}`;
    const branches = branchesOf(child);
    if (child['properties'] !== undefined) {
      collect(place, child, fields, below);
    } else {
      fields.push(fieldOf(place, child, isRequired(node, name)));
      below.push(...alternatives(place, branches));
    }
  }
}

function alternatives(path: string, branches: readonly SchemaNode[]): Section[] {
  const lists = branches.map((branch) => {
    const fields: Field[] = [];
    collect(path, branch, fields, []);
    return { name: constantOf(branch), fields: fields.filter(({ type }) => !type.startsWith('the word')) };
  });
  const everywhere = (field: Field): boolean => lists.length > 1 && lists.every(({ fields }) => fields.some((other) => JSON.stringify(other) === JSON.stringify(field)));
  const shared = lists[0]?.fields.filter(everywhere) ?? [];
  const own = lists.map(({ name, fields }) => ({ heading: `${path}: ${name}`, about: '', fields: fields.filter((field) => !everywhere(field)) }));
  return [...(shared.length > 0 ? [{ heading: `${path}: each`, about: '', fields: shared }] : []), ...own].filter(({ fields }) => fields.length > 0);
}

/** Branches that are groups of fields, of the field itself or of the items of a list. */
function branchesOf(node: SchemaNode): SchemaNode[] {
  const items = isRecord(node['items']) ? node['items'] : {};
  const all = [node['anyOf'], node['oneOf'], items['anyOf'], items['oneOf']].find((list) => Array.isArray(list));
  return ((all ?? []) as SchemaNode[]).filter(({ properties }) => properties !== undefined);
}

function constantOf({ properties }: SchemaNode): string {
  const constants = Object.entries(groups(properties)).filter(([, field]) => field['const'] !== undefined);
  return constants.map(([name, field]) => `${name} "${text(field['const'])}"`).join(', ') || Object.keys(groups(properties)).join(', ');
}

function fieldOf(path: string, node: SchemaNode, required: boolean): Field {
  const [meaning = '', derived] = text(node['description']).split(/; default: /);
  const fallback = node['default'] === undefined ? derived : isRecord(node['default']) && Object.keys(node['default']).length === 0 ? undefined : code(node['default']);
  return { path, type: typeOf(node), fallback: fallback ?? (required ? '*required*' : '-'), example: exampleOf(node), meaning };
}

function typeOf(node: SchemaNode): string {
  const choices = (node['anyOf'] ?? node['oneOf']) as SchemaNode[] | undefined;
  if (choices !== undefined) return branchesOf(node).length > 0 ? 'one of the groups below' : choices.map(typeOf).join(' or ');
  if (typeof node['title'] === 'string') return node['title'];
  if (node['type'] === 'array') return branchesOf(node).length > 0 || !isRecord(node['items']) ? 'list of the groups below' : `list of: ${typeOf(node['items'])}`;
  return wordsOf(node);
}

function wordsOf(node: SchemaNode): string {
  if (node['const'] !== undefined) return `the word ${code(node['const'])}`;
  if (Array.isArray(node['enum'])) return (node['enum'] as unknown[]).map(code).join(', ');
  return { string: 'text', integer: 'whole number', boolean: '`true` or `false`', null: '`null`' }[text(node['type'])] ?? text(node['type']);
}

function exampleOf(node: SchemaNode): string {
  const items = isRecord(node['items']) ? node['items'] : {};
  const branches = ((node['anyOf'] ?? []) as SchemaNode[]).flatMap(examplesOf);
  const [own] = [...examplesOf(node), ...branches];
  const [item] = examplesOf(items);
  return own !== undefined ? code(own) : item !== undefined ? code([item]) : node['default'] === undefined || isRecord(node['default']) ? '-' : code(node['default']);
}

function examplesOf({ examples }: SchemaNode): unknown[] {
  return Array.isArray(examples) ? (examples as unknown[]) : [];
}

function isRequired({ required }: SchemaNode, name: string): boolean {
  return Array.isArray(required) && required.includes(name);
}

function groups(properties: unknown): Record<string, SchemaNode> {
  return isRecord(properties) ? (properties as Record<string, SchemaNode>) : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function code(value: unknown): string {
  return `\`${JSON.stringify(value).replaceAll('|', '\\|')}\``;
}

function sectionText({ heading, about, fields }: Section): string {
  const rows = fields.map(({ path, type, fallback, example, meaning }) => `| ${[`\`${path}\``, type, plain(fallback), example, plain(meaning)].join(' | ')} |\n`);
  return `## ${heading}\n\n${about === '' ? '' : `${about}${/[.]$/.test(about) ? '' : '.'}\n\n`}| field | type | default | example | what for |\n| --- | --- | --- | --- | --- |\n${rows.join('')}`;
}

/** Angle brackets would be taken for tags. */
function plain(words: string): string {
  return words.startsWith('`') ? words : words.replace(/<([^>]+)>/g, '`<$1>`');
}
