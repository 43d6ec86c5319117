/** One pass of statements over hours that follow each other: flows → visits → attributed visits → usage. */
import type { Store } from '../store/store.ts'
import * as agent from './agent-sql.ts'
import * as attribute from './attribute-sql.ts'
import { holdersSql, observationsSql } from './holders-sql.ts'
import * as nat from './nat-sql.ts'
import { Scratch } from './scratch.ts'
import { plainSql, usageInsert } from './usage-sql.ts'
import * as visits from './visits-sql.ts'

export interface PassParams extends Record<string, unknown> {
  report: string
  /** Epoch seconds of whole hours, [from, to). */
  from: number
  to: number
  catalog: string
  generation: number
}

export interface PassSteps {
  /** Names of people: the visits are in `merge_visits`. */
  learn: () => Promise<void>
  /** Destinations: the attributed visits are in `merge_attributed`. */
  classify: () => Promise<void>
}

/** Writes the hours' usage under the generation; the caller switches to it. */
export async function runPass(store: Store, params: PassParams, steps: PassSteps): Promise<void> {
  const scratch = new Scratch(store, params)
  try {
    await makeVisits(scratch)
    await steps.learn()
    const [agents] = await store.query<{ rows: number }>(agent.agentsSql, params)
    if (agents.rows === 0) await scratch.make('merge_attributed', plainSql)
    else await attributeVisits(store, scratch, params)
    await steps.classify()
    await store.command(usageInsert, params)
  } finally {
    await scratch.dropAll()
  }
}

async function makeVisits(scratch: Scratch): Promise<void> {
  await scratch.make('merge_flows', visits.flowsSql)
  await scratch.make('merge_parties', visits.partiesSql)
  const paired = (await scratch.count('merge_parties')) > 0
  if (paired) {
    await scratch.make('merge_sessions', visits.sessionsSql)
    await scratch.make('merge_webs', visits.websSql)
    await scratch.make('merge_connections', visits.connectionsSql)
    await scratch.make('merge_covered', visits.coveredSql)
  }
  await scratch.make('merge_visits', visits.visitsSql(paired))
  await scratch.drop('merge_sessions', 'merge_webs', 'merge_connections', 'merge_covered')
}

async function attributeVisits(store: Store, scratch: Scratch, params: PassParams): Promise<void> {
  await scratch.make('merge_agent', agent.agentSql)
  await scratch.make('merge_ports', agent.portsSql)
  await scratch.make('merge_skews', agent.skewsSql)
  await scratch.make('merge_flow_keys', agent.flowKeysSql)
  await scratch.make('merge_agent_keys', agent.agentKeysSql)
  await scratch.make('merge_met', agent.metSql)
  await scratch.drop('merge_flow_keys', 'merge_flows')
  await scratch.make('merge_claims', agent.claimsSql)
  await scratch.make('merge_lease_seen', observationsSql(agent.leaseSeenSql))
  await scratch.make('merge_device_addresses', agent.deviceAddressesSql)
  await scratch.make(
    'merge_leases',
    agent.leasesSql(holdersSql(agent.leaseAskedSql, 'merge_lease_seen', 'near')),
  )
  await scratch.make('merge_person_seen', observationsSql(agent.personSeenSql))
  await scratch.make('merge_device_names', attribute.deviceNamesSql)
  await scratch.make('merge_device_list', attribute.deviceListSql)
  await scratch.make('merge_key_facts', attribute.keyFactsSql)
  await scratch.make('merge_keyed', attribute.keyedSql)
  await scratch.make('merge_matched', attribute.matchedSql)
  await scratch.drop(
    'merge_visits',
    'merge_key_facts',
    'merge_keyed',
    'merge_lease_seen',
    'merge_leases',
  )
  await placeNat(scratch)
  await scratch.make(
    'merge_persons',
    holdersSql(attribute.personAskedSql, 'merge_person_seen', 'until-next'),
  )
  await scratch.make(
    'merge_alone_persons',
    holdersSql(attribute.aloneAskedSql, 'merge_person_seen', 'until-next'),
  )
  await scratch.make('merge_names', attribute.namesSql)
  await scratch.make('merge_seen', attribute.seenSql)
  await scratch.make('merge_attributed', attribute.attributedSql)
  await store.command(attribute.aloneInsert, params)
  await store.command(attribute.skewsInsert, params)
}

async function placeNat(scratch: Scratch): Promise<void> {
  await scratch.make('merge_nat_agents', nat.natAgentsSql)
  await scratch.make('merge_nat_flows', nat.natFlowsSql)
  await scratch.make('merge_nat_behind', nat.natBehindSql)
  await scratch.make('merge_nat', nat.natSql)
  await scratch.make('merge_nat_seen', nat.natSeenSql)
  await scratch.make('merge_placed', nat.placedSql)
  await scratch.drop('merge_nat_agents', 'merge_nat_flows', 'merge_matched')
}
