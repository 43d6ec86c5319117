/**
 * A simulated company with the truth of each connection: who, on which device, from where. The same options give the same rows.
 *
 * Laptops roam between the office (DHCP, short leases), a branch whose addresses are those of home networks, the VPN, sites behind a
 * NAT, and home; desktops are shared by shifts, terminal servers by many at a time; phones and printers have addresses and no agent.
 * Firewalls log a connection when it ends, some its request too; clocks are off; an explicit proxy logs hosts, and a part of the traffic
 * comes from a proxy that hides its clients. Agents' rows are lost and doubled at stated rates.
 */
import { randomNumbers, zipf } from '../../src/generate/traffic.ts'

export interface CompanyOptions {
  seed: number
  people: number
  hours: number
  /** Connections in all. */
  connections: number
  /** Start, epoch seconds of a whole hour. */
  from: number
  /** Share of devices that sit behind a NAT. */
  natShare: number
  /** Share of agents' rows lost, and doubled. */
  lost: number
  doubled: number
  /** An agent's row comes up to so many hours late; what has not come by the end of the time is missing. */
  late?: number
  /** Largest error of a clock, seconds. */
  skew: number
}

export type Place = 'office' | 'branch' | 'vpn' | 'nat' | 'proxy' | 'hidden' | 'home'

export interface Device {
  id: number
  kind: 'laptop' | 'desktop' | 'terminal' | 'phone'
  agent: boolean
  users: number[]
  home: string
  place: Place
  ip: string
  nat: string
}

/** One connection, with all that is true of it. */
export interface Connection {
  at: number
  seconds: number
  device: Device
  place: Place
  /** Address on the device. */
  localIp: string
  /** Address in the network's log, '' = no log sees it. */
  seenIp: string
  source: string
  /** -1 = the system's. */
  user: number
  service: number
  host: string
  ip: string
  port: number
  /** The client's port in the network's log: one of the two NATs gives its own. */
  seenPort: number
}

const lan = (n: number): string => `10.${1 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`

/** Free addresses of a pool: a returned one is given again before long, as DHCP does under pressure. */
class Pool {
  readonly #free: string[]
  readonly #random: () => number

  constructor(addresses: string[], random: () => number) {
    this.#free = addresses
    this.#random = random
  }

  take(): string {
    const at = Math.floor(this.#random() * this.#free.length)
    const [address] = this.#free.splice(at, 1)
    if (address === undefined) throw new Error('BUG: the pool is empty')
    return address
  }

  give(address: string): void {
    this.#free.push(address)
  }
}

/** The NAT whose address is the devices' public one, and keeps ports; the other is inside the network and gives ports of its own. */
const publicNat = '198.51.100.1'

/** The address that a device has on the internet, as its agent tells. */
export function publicIp({ place, nat, id }: Device): string {
  if (place === 'nat' && nat === publicNat) return nat
  return place === 'home' ? `100.64.${id >> 8}.${id & 255}` : '198.51.100.200'
}

export const userName = (n: number): string => `user${n}@example.com`
export const deviceName = (n: number): string => `pc-${n}.example.com`

export class Company {
  readonly options: CompanyOptions
  readonly devices: Device[] = []
  readonly #random: () => number
  readonly #pools: Record<'office' | 'branch' | 'vpn', Pool>
  readonly #services: { host: string; ips: string[] }[] = []
  readonly #service: () => number
  readonly #servers: Device[]
  readonly skews: Record<string, number>

  constructor(options: CompanyOptions) {
    this.options = options
    const random = (this.#random = randomNumbers(options.seed))
    const people = options.people
    let next = 0
    const add = (kind: Device['kind'], users: number[]): void => {
      const home = `192.168.1.${2 + Math.floor(random() * 250)}`
      const nat = random() < options.natShare ? `198.51.100.${1 + (next & 1)}` : ''
      this.devices.push({
        id: next++,
        kind,
        agent: kind !== 'phone',
        users,
        home,
        place: 'home',
        ip: home,
        nat,
      })
    }
    for (let i = 0; i < people * 0.8; i++) add('laptop', [i])
    for (let i = Math.ceil(people * 0.8); i + 2 < people * 0.95; i += 3)
      add('desktop', [i, i + 1, i + 2])
    for (let i = Math.ceil(people * 0.95); i + 24 < people; i += 25)
      add(
        'terminal',
        Array.from({ length: 25 }, (_, j) => i + j),
      )
    for (let i = 0; i < people * 0.35; i++) add('phone', [])
    this.#servers = this.devices.filter(({ kind }) => kind === 'terminal')
    const size = this.devices.length + 50
    this.#pools = {
      office: new Pool(
        Array.from({ length: Math.ceil(size * 1.2) }, (_, i) => lan(i)),
        random,
      ),
      branch: new Pool(
        Array.from({ length: 250 }, (_, i) => `192.168.1.${2 + i}`),
        random,
      ),
      vpn: new Pool(
        Array.from({ length: size }, (_, i) => `172.20.${i >> 8}.${i & 255}`),
        random,
      ),
    }
    for (let i = 0; i < 1500; i++) {
      // every third service shares its addresses with others, as behind a CDN
      const base = i % 3 === 0 ? i % 40 : 100 + i
      const ips = [0, 1].map(
        (j) => `203.${base >> 7}.${(base & 127) * 2 + j}.${i % 3 === 0 ? 7 : 9}`,
      )
      this.#services.push({ host: `www.service${i}.example`, ips })
    }
    this.#service = zipf(this.#services.length, random)
    const off = (): number => Math.round((random() * 2 - 1) * options.skew)
    this.skews = { edge: off(), branch: off(), hq: off(), proxy: off() }
  }

  /** Where everybody is in the next hour: some move, and with them their addresses. */
  #move(hour: number): void {
    const random = this.#random
    for (const device of this.devices) {
      const stays =
        hour > 0 &&
        random() > (device.kind === 'laptop' ? 0.3 : device.kind === 'phone' ? 0.3 : 0.05)
      if (stays) continue
      this.#leave(device)
      this.#arrive(device, random())
    }
  }

  #leave(device: Device): void {
    const pool = device.place === 'proxy' || device.place === 'hidden' ? 'office' : device.place
    if (pool === 'office' || pool === 'branch' || pool === 'vpn') this.#pools[pool].give(device.ip)
  }

  #arrive(device: Device, chance: number): void {
    const at = (place: Place, ip: string): void => {
      device.place = place
      device.ip = ip
    }
    if (device.nat !== '') return at('nat', device.home)
    const fixed = device.kind === 'desktop' || device.kind === 'terminal'
    if (!fixed && chance < 0.02 && device.id % 100 < 20 && this.#roomInBranch())
      return at('branch', this.#pools.branch.take())
    if (device.kind === 'laptop' && chance < 0.2) return at('home', device.home)
    if (device.kind === 'laptop' && chance < 0.3) return at('vpn', this.#pools.vpn.take())
    if (!fixed && chance < 0.4) return at('proxy', this.#pools.office.take())
    if (!fixed && chance < 0.43) return at('hidden', this.#pools.office.take())
    at('office', this.#pools.office.take())
  }

  #roomInBranch(): boolean {
    return this.devices.filter(({ place }) => place === 'branch').length < 200
  }

  /** All connections in order of the hours; `onHour` is told where everybody is. */
  *connections(onHour: (hour: number, devices: readonly Device[]) => void): Generator<Connection> {
    const { hours, connections, from } = this.options
    const each = Math.floor(connections / hours)
    for (let hour = 0; hour < hours; hour++) {
      this.#move(hour)
      onHour(hour, this.devices)
      for (let i = 0; i < each; i++) yield this.#connection(from + hour * 3600)
    }
  }

  #connection(hourAt: number): Connection {
    const random = this.#random
    let device = this.devices[Math.floor(random() * this.devices.length)]
    if (random() < 0.03) {
      const servers = this.#servers
      if (servers.length > 0) device = servers[Math.floor(random() * servers.length)]
    }
    const service = this.#service()
    const { host, ips } = this.#services[service]
    // addresses change at the hour: nothing is begun in its first seconds or hangs over
    const at = hourAt + 30 + Math.floor(random() * 3500)
    const seconds = Math.min(1200, Math.floor(-Math.log(1 - random()) * 25))
    const port = 49_152 + Math.floor(random() * 16_000)
    const translated = device.place === 'nat' && device.nat !== publicNat
    return {
      at, seconds, device, place: device.place, localIp: device.ip, ...this.#seen(device), user: this.#userOf(device, at),
      service, host, ip: ips[Math.floor(random() * 2)], port, seenPort: translated ? 1024 + Math.floor(random() * 60_000) : port,
    } // prettier-ignore
  }

  #userOf(device: Device, at: number): number {
    if (device.users.length === 0 || this.#random() < 0.1) return -1
    if (device.kind === 'desktop') return device.users[Math.floor(at / (3600 * 4)) % 3]
    return device.users[Math.floor(this.#random() * device.users.length)]
  }

  #seen(device: Device): { seenIp: string; source: string } {
    switch (device.place) {
      case 'home':
        return { seenIp: '', source: '' }
      case 'nat':
        return { seenIp: device.nat, source: 'hq' }
      case 'branch':
        return { seenIp: device.ip, source: 'branch' }
      case 'proxy':
        return { seenIp: device.ip, source: 'proxy' }
      case 'hidden':
        return { seenIp: '10.200.0.1', source: 'edge' }
      case 'office':
      case 'vpn':
        return { seenIp: device.ip, source: 'edge' }
    }
  }
}
