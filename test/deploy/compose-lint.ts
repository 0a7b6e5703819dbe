/**
 * What docker-compose.yml promises beyond its schema, as a list of faults. Invariant: none of it needs an engine. Deliberately absent: whether images exist, and whether they run.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../architecture/cruise';

interface Service {
  readonly image?: string;
  readonly build?: { readonly target: string };
  readonly profiles?: readonly string[];
  readonly ports?: readonly string[];
  readonly user?: string;
  readonly read_only?: boolean;
  readonly privileged?: boolean;
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly restart?: string;
  readonly healthcheck?: { readonly disable?: boolean };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly volumes?: readonly string[];
}

export interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const PROFILES = ['cluster', 'dev', 'observability'];
/** How a variable is named that holds a secret; one may also stand in a URL. */
const SECRET = /(PASSWORD|SECRET|TOKEN|KEY)$/;
const GIVEN = /^\$\{[A-Z_]+:\?[^}]+\}$/;

/** `checked`: build targets whose image brings a health check. */
export function faultsOf(compose: Compose, checked: readonly string[]): string[] {
  const { services, volumes } = compose;
  const faults: string[] = [];
  const profiles = new Set(Object.values(services).flatMap((service) => service.profiles ?? []));
  if ([...profiles].sort().join() !== PROFILES.join()) faults.push(`the profiles are ${[...profiles].join(', ')}`);
  const users = new Map<string, string[]>(Object.keys(volumes).map((name) => [name, []]));

  for (const [name, service] of Object.entries(services)) {
    const fault = (what: string): void => void faults.push(`${name}: ${what}`);
    if (!service.profiles?.length) fault('is in no profile');
    if (!/:v?\d+\.\d+\.\d+$/.test(service.image ?? '')) fault(`image ${service.image} is not pinned`);
    for (const port of service.ports ?? []) if (!/^127\.0\.0\.1:\d+:\d+$/.test(port)) fault(`port ${port} is not of this machine alone`);
    if (!/^[1-9]\d*:\d+$/.test(service.user ?? '')) fault(`user ${service.user} is or may be root`);
    if (service.read_only !== true) fault('may write its image');
    if (service.privileged || service.cap_add || !service.cap_drop?.includes('ALL')) fault('keeps capabilities');
    if (!service.security_opt?.includes('no-new-privileges:true')) fault('may gain privileges');
    const healthy = service.healthcheck ? !service.healthcheck.disable : checked.includes(service.build?.target ?? '');
    if (!isOneShot(service) && !healthy) fault('runs on without a health check');

    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      const target = services[other];
      const gate = target && isOneShot(target) ? 'service_completed_successfully' : 'service_healthy';
      if (condition !== gate) fault(`waits for ${other} by ${condition}`);
      if (!service.profiles?.every((profile) => target?.profiles?.includes(profile))) fault(`needs ${other}, which another profile starts`);
    }
    for (const [key, value] of Object.entries(service.environment ?? {})) {
      const login = /\/\/[^/:]*:(.+)@/.exec(String(value))?.[1];
      const secret = login ?? (SECRET.test(key) ? String(value) : undefined);
      if (secret !== undefined && !GIVEN.test(secret)) fault(`${key} is not given from outside`);
    }
    for (const volume of service.volumes ?? []) {
      const [source = '', , mode] = volume.split(':');
      if (!source.startsWith('.')) {
        if (!users.has(source)) fault(`volume ${source} is not declared`);
        users.get(source)?.push(name);
      } else if (!existsSync(join(PROJECT, source))) fault(`${source} does not exist`);
      else if (mode !== 'ro') fault(`${source} may be written`);
    }
  }
  for (const [volume, by] of users) {
    if (by.length === 0) faults.push(`volume ${volume} is used by nobody`);
    const readers = by.filter((name) => !isOneShot(services[name]!));
    if (/-identity$/.test(volume) && `${readers.join()}-identity` !== volume) faults.push(`${volume} is read by ${readers.join(', ')}`);
    if (volume === 'authority' && readers.length > 0) faults.push(`the authority's key is read by ${readers.join(', ')}`);
  }
  return faults;
}

function isOneShot({ restart }: Service): boolean {
  return restart === 'no';
}
