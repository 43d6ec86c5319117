/** Sessions as the log lines of devices, without line feed. Layouts: parsers/ and the vendors' manuals named there. */
import type { Session } from './traffic.ts'

const day = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10)
const clock = (atMs: number): string => new Date(atMs).toISOString().slice(11, 19)

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
const weekdays = 'Sun Mon Tue Wed Thu Fri Sat'.split(' ')

/** `Nov 24 05:30:05` of RFC 3164. */
function bsdTime(atMs: number): string {
  const date = new Date(atMs)
  return `${months[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)} ${clock(atMs)}`
}

/** TRAFFIC record at the end of a session, 115 columns (PAN-OS 11). */
export function panTraffic(s: Session): string {
  const at = `${day(s.atMs).replaceAll('-', '/')} ${clock(s.atMs)}`
  const action = s.blocked ? 'deny' : 'allow'
  const total = s.bytesUp + s.bytesDown
  return (
    `<14>${bsdTime(s.atMs)} pa-440 1,${at},021201000001,TRAFFIC,${s.blocked ? 'deny' : 'end'},2816,${at},${s.srcIp},${s.dstIp},192.0.2.1,${s.dstIp},` +
    `outbound,example\\${s.user},,${s.appId},vsys1,trust,untrust,ethernet1/2,ethernet1/1,gnomon,${at},${s.serial},1,${s.srcPort},${s.dstPort},` +
    `${s.srcPort},${s.dstPort},0x400053,tcp,${action},${total},${s.bytesUp},${s.bytesDown},42,${at},${s.seconds},${s.category},,${s.serial},0x8000000000000000,` +
    `10.0.0.0-10.255.255.255,United States,,20,22,${s.blocked ? 'policy-deny' : 'tcp-fin'},0,0,0,0,,pa-440,from-policy,,,0,,0,,N/A,0,0,0,0,` +
    `5a1c0a0e-3c6f-4b0e-8d51-0d1cd8a5f0ab,0,0,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,${day(s.atMs)}T${clock(s.atMs)}.000+00:00,,,file-sharing,general-internet,browser-based,3,"has-known-vulnerability,used-by-malware",,${s.appId},no,no,0`
  )
}

/** THREAT record of URL filtering for the same session. */
export function panUrl(s: Session): string {
  const at = `${day(s.atMs).replaceAll('-', '/')} ${clock(s.atMs)}`
  const action = s.blocked ? 'block-url' : 'alert'
  return (
    `<14>${bsdTime(s.atMs)} pa-440 1,${at},021201000001,THREAT,url,2816,${at},${s.srcIp},${s.dstIp},192.0.2.1,${s.dstIp},` +
    `outbound,example\\${s.user},,${s.appId},vsys1,trust,untrust,ethernet1/2,ethernet1/1,gnomon,${at},${s.serial},1,${s.srcPort},${s.dstPort},` +
    `${s.srcPort},${s.dstPort},0x403000,tcp,${action},"${s.host}${s.path}",(9999),${s.category},informational,client-to-server,${s.serial},0x8000000000000000,` +
    `10.0.0.0-10.255.255.255,United States,,text/html,0,,,1,,,,,,,,0,0,0,0,0,,pa-440,,,,${s.method.toLowerCase()},0,,0,,N/A,unknown,AppThreat-0-0,0x0,0,4294967295,,"${s.category},low-risk",` +
    `5a1c0a0e-3c6f-4b0e-8d51-0d1cd8a5f0ab,0,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,${day(s.atMs)}T${clock(s.atMs)}.000+00:00`
  )
}

/** Forward traffic of FortiOS 7. */
export function fortigate(s: Session): string {
  const policy = s.blocked ? 'action="deny" policyid=4' : 'action="close" policyid=7'
  return (
    `<189>date=${day(s.atMs)} time=${clock(s.atMs)} devname="FGT-100F" devid="FG100FTK00000001" eventtime=${s.atMs}000000 tz="+0000" ` +
    `logid="0000000013" type="traffic" subtype="forward" level="notice" vd="root" srcip=${s.srcIp} srcport=${s.srcPort} srcintf="lan" ` +
    `srcintfrole="lan" dstip=${s.dstIp} dstport=${s.dstPort} dstintf="wan1" dstintfrole="wan" srccountry="Reserved" dstcountry="United States" ` +
    `sessionid=${s.serial} proto=6 ${policy} policytype="policy" poluuid="5a1c0a0e-3c6f-51ef-8d51-0d1cd8a5f0ab" user="${s.user}" ` +
    `authserver="example-dc" service="HTTPS" trandisp="snat" transip=192.0.2.1 transport=${s.srcPort} appid=16072 app="${s.appName}" ` +
    `appcat="Cloud.IT" apprisk="medium" applist="default" duration=${s.seconds} sentbyte=${s.bytesUp} rcvdbyte=${s.bytesDown} sentpkt=24 rcvdpkt=31 ` +
    `srchwvendor="Example" osname="Windows" mastersrcmac="00:00:5e:00:53:0a" srcmac="00:00:5e:00:53:0a" srcserver=0 utmaction="allow" countapp=1 hostname="${s.host}"`
  )
}

/** Native access log of Squid. */
export function squid(s: Session): string {
  const result = s.blocked ? 'TCP_DENIED/403' : 'TCP_TUNNEL/200'
  return `${(s.atMs / 1000).toFixed(3)} ${String(s.seconds * 10).padStart(6)} ${s.srcIp} ${result} ${s.bytesDown} CONNECT ${s.host}:${s.dstPort} ${s.user} HIER_DIRECT/${s.dstIp} -`
}

/** Header lines of a ProxySG access log file. */
export const blueCoatHeader = [
  '#Software: SGOS 7.3.10.1',
  '#Version: 1.0',
  '#Fields: date time time-taken c-ip cs-username x-exception-id sc-filter-result cs-categories sc-status s-action cs-method cs-uri-scheme cs-host cs-uri-port cs-uri-path cs(User-Agent) r-ip sc-bytes cs-bytes',
] as const

/** A row under `blueCoatHeader`. */
export function blueCoat(s: Session): string {
  const [action, result, exception] = s.blocked
    ? ['TCP_DENIED', 'DENIED', 'policy_denied']
    : ['TCP_NC_MISS', 'OBSERVED', '-']
  return (
    `${day(s.atMs)} ${clock(s.atMs)} ${s.seconds * 10} ${s.srcIp} EXAMPLE\\${s.user} ${exception} ${result} "Business/Economy" ${s.status} ${action} ${s.method} ` +
    `https ${s.host} ${s.dstPort} ${s.path.split('?')[0]} "Mozilla/5.0 (Windows NT 10.0; Win64; x64)" ${s.dstIp} ${s.bytesDown} ${s.bytesUp}`
  )
}

/** Zscaler's NSS web feed, CSV as it comes by default (34 columns). */
export function zscaler(s: Session): string {
  const date = new Date(s.atMs)
  const [weekday, month] = [weekdays[date.getUTCDay()], months[date.getUTCMonth()]]
  const time = `${weekday} ${month} ${String(date.getUTCDate()).padStart(2)} ${clock(s.atMs)} ${date.getUTCFullYear()}`
  const action = s.blocked ? 'Blocked' : 'Allowed'
  const cells = [
    time,
    `${s.user}@example.com`,
    'HTTPS',
    `${s.host}${s.path}`,
    action,
    s.appName,
    'General Browsing',
    s.bytesUp,
    s.bytesDown,
    10,
    20,
    'Business Use',
    'Business and Economy',
    'Corporate Marketing',
    'None',
    'None',
    0,
    'None',
    'None',
    'Road Warrior',
    'Sales',
    s.srcIp,
    s.dstIp,
    s.method,
    s.status,
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64)',
    'None',
    'None',
    'None',
    'text/html',
    'None',
    s.user,
    `PC-${s.user.toUpperCase()}`,
    'Software Protection',
  ]
  return cells.map((cell) => `"${cell}"`).join(',')
}

/** Check Point Log Exporter, syslog format. */
export function checkPoint(s: Session): string {
  const at = `${day(s.atMs)}T${clock(s.atMs)}Z`
  const action = s.blocked ? 'Block' : 'Accept'
  return (
    `<134>1 ${at} mgmt CheckPoint 12345 - [action:"${action}"; flags:"411908"; ifdir:"outbound"; ifname:"eth0"; loguid:"{0x${s.serial.toString(16)},0x0,0x0,0x0}"; ` +
    `origin:"192.0.2.1"; time:"${Math.floor(s.atMs / 1000)}"; version:"5"; appi_name:"${s.appName}"; dst:"${s.dstIp}"; product:"Application Control"; proto:"6"; ` +
    `received_bytes:"${s.bytesDown}"; resource:"https://${s.host}${s.path}"; s_port:"${s.srcPort}"; sent_bytes:"${s.bytesUp}"; service:"${s.dstPort}"; ` +
    `service_id:"https"; src:"${s.srcIp}"; src_user_name:"${s.user}"]`
  )
}

/** End of a connection on a Cisco ASA: addresses only. */
export function asa(s: Session): string {
  const time = `0:${String(Math.floor(s.seconds / 60)).padStart(2, '0')}:${String(s.seconds % 60).padStart(2, '0')}`
  return `<166>${bsdTime(s.atMs)} asa-1 : %ASA-6-302014: Teardown TCP connection ${s.serial} for outside:${s.dstIp}/${s.dstPort} to inside:${s.srcIp}/${s.srcPort} duration ${time} bytes ${s.bytesUp + s.bytesDown} TCP FINs`
}
