import type { Profile, Service } from '../profile/schema.ts';

/** Argument arrays, as the scripts run them. */
type ServiceCommands = { readonly start: readonly string[]; readonly stop: readonly string[]; readonly reload: readonly string[] };

export function commandsOf(service: Service): ServiceCommands {
  if (!('unit' in service)) return { start: service.start, stop: service.stop, reload: service.reload ?? [] };
  const systemctl = (verb: string): string[] => ['systemctl', verb, service.unit];
  return { start: systemctl('start'), stop: systemctl('stop'), reload: systemctl('reload') };
}

/** Without a reload command of its own, nginx is told by the program that tests its configuration, with the same `-c` and `-p`. */
export function nginxReload({ service, testCommand }: Profile['nginx']): readonly string[] {
  const { reload, start } = commandsOf(service);
  if (reload.length > 0) return reload;
  const byNginx = testCommand.flatMap((word) => (word === '-t' ? ['-s', 'reload'] : [word]));
  return byNginx.length > testCommand.length ? byNginx : start;
}

/** A server on another machine has no files here and cannot be stopped from here. */
export function isLocalMongodb({ mongodb }: Profile): boolean {
  return mongodb.enabled && mongodb.dataDirectory !== null;
}

export function isLocalRedis({ redis }: Profile): boolean {
  return redis.enabled && (redis.socket !== undefined || redis.host === 'localhost' || redis.host === '::1' || redis.host.startsWith('127.'));
}
