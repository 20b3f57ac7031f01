import { describe, expect, it } from 'vitest';
import { moduleOf } from './modules.ts';

const { directly, toMember, namesSeveral, briefly, splitName } = moduleOf('connection') as {
  directly: (uri: string, login: boolean, patience?: number) => string;
  toMember: (uri: string, host: string) => string;
  namesSeveral: (uri: string) => boolean;
  briefly: (error: Error) => string;
  splitName: (namespace: string) => [string, string];
};
const { questionIn } = moduleOf('loop') as { questionIn: (text: string) => { name: string; asked: Record<string, string> } };

describe('a connection', () => {
  it.each([
    ['mongodb://h:1', 'mongodb://h:1/?serverSelectionTimeoutMS=10000&directConnection=true'],
    ['mongodb://h:1/', 'mongodb://h:1/?serverSelectionTimeoutMS=10000&directConnection=true'],
    ['mongodb://h:1/?replicaSet=rs0', 'mongodb://h:1/?serverSelectionTimeoutMS=10000&directConnection=true'],
    ['mongodb://h:1/?replicaSet=rs0&tls=true', 'mongodb://h:1/?tls=true&serverSelectionTimeoutMS=10000&directConnection=true'],
    ['mongodb://a:1,b:2/?replicaSet=rs0', 'mongodb://a:1,b:2/?serverSelectionTimeoutMS=10000'],
    ['mongodb+srv://h/?tls=false', 'mongodb+srv://h/?tls=false&serverSelectionTimeoutMS=10000'],
    ['mongodb://u:p@h:1/?authSource=admin', 'mongodb://u:p@h:1/?authSource=admin&serverSelectionTimeoutMS=10000&directConnection=true'],
  ])('by %s is made with the login to the server itself', (uri, wanted) => {
    expect(directly(uri, true)).toBe(wanted);
  });

  it.each([
    ['mongodb://u:p@h:1/?authSource=admin&authMechanism=SCRAM-SHA-1', 'mongodb://h:1/?serverSelectionTimeoutMS=7&directConnection=true'],
    ['mongodb://u:p%40@h:1/?tls=true&authSource=admin', 'mongodb://h:1/?tls=true&serverSelectionTimeoutMS=7&directConnection=true'],
  ])('without a login holds nothing of %s that is one', (uri, wanted) => {
    expect(directly(uri, false, 7)).toBe(wanted);
  });

  it.each([
    ['mongodb://u:p@a:1,b:2/?tls=true', 'mongodb://u:p@c:3/?tls=true'],
    ['mongodb://a:1', 'mongodb://c:3'],
    ['mongodb+srv://u:p@h/', 'mongodb://u:p@c:3/?tls=true'],
    ['mongodb+srv://h', 'mongodb://c:3/?tls=true'],
    ['mongodb+srv://h/?replicaSet=rs0', 'mongodb://c:3/?replicaSet=rs0&tls=true'],
    ['mongodb+srv://h/?tls=false', 'mongodb://c:3/?tls=false'],
  ])('by %s leads to one member with the same options', (uri, wanted) => {
    expect(toMember(uri, 'c:3')).toBe(wanted);
  });

  it('names several servers only where its hosts do', () => {
    expect(['mongodb://a,b/', 'mongodb://a/?readPreferenceTags=x:1,y:2'].map(namesSeveral)).toEqual([true, false]);
  });

  it('that fails is told in one line, without its login', () => {
    expect(briefly(new Error('cannot reach mongodb://u:p@h:1\nat all'))).toBe('cannot reach mongodb://***@h:1');
  });
});

it('a namespace is a database, and a name that may hold dots', () => {
  expect(splitName('shop.a.b')).toEqual(['shop', 'a.b']);
});

it('a question is a name, and what it is asked with, of any characters', () => {
  expect(questionIn('slice\0file=/a=b\nc\0end={"t":1}\0empty=\0')).toEqual({ name: 'slice', asked: { file: '/a=b\nc', end: '{"t":1}', empty: '' } });
  expect(questionIn('facts\0')).toEqual({ name: 'facts', asked: {} });
});
