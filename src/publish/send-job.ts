/**
 * One file through the three steps, each written down before and after, so that any of them may be cut off and repeated:
 *
 * - initiate may be repeated: an address that is never finalised has no effect;
 * - the PUT may be repeated: the same address holds the file once;
 * - finalise is repeated with the *same* address only. After one whose answer got lost no new address is ever asked for by itself, for then
 *   the file could count twice. When the repetition is refused, the file is taken (the tenant says so) or uncertain (a person decides).
 */
import { publishLimits } from '../limits.ts'
import { Expired, putBlob } from './blob-put.ts'
import type { MdaClient } from './mda-client.ts'
import type { Job, JobStep, Outbox } from './outbox.ts'
import { Refused, shown, TryAgain, withoutQuery } from './transport.ts'

const stepsKept = 50
/** Addresses tried before a file whose address is always refused is put aside. */
const addressesMax = 20

export interface SendContext {
  client: MdaClient
  outbox: Outbox
  signal: AbortSignal
  now: () => number
}

const open = new Set(['waiting', 'initiated', 'uploaded', 'finalising'])

/** Whether anything is still to be done for it. */
export function isOpen(job: Job): boolean {
  return open.has(job.state)
}

/**
 * Goes on with a file until it is receipted, refused or uncertain. Throws TryAgain (with all that was reached on disk), and the signal's
 * reason when it is aborted.
 */
export async function sendJob(job: Job, context: SendContext): Promise<void> {
  try {
    while (isOpen(job)) await step(job, context)
  } catch (error) {
    if (context.signal.aborted) throw context.signal.reason
    if (error instanceof TryAgain) {
      job.trouble = error.message
      await context.outbox.save(job)
    }
    throw error
  }
}

async function step(job: Job, context: SendContext): Promise<void> {
  context.signal.throwIfAborted()
  job.tries++
  try {
    if (job.state === 'waiting') await initiate(job, context)
    else if (job.state === 'initiated') await upload(job, context)
    else await finalise(job, context)
  } catch (error) {
    if (context.signal.aborted) throw error
    if (error instanceof Expired) await renew(job, context, error.message)
    else if (error instanceof Refused) await refused(job, context, error)
    else {
      if (error instanceof TryAgain) note(job, context, error.message)
      throw error
    }
  }
}

async function initiate(job: Job, { client, outbox, signal, now }: SendContext): Promise<void> {
  const { url, provider } = await client.uploadUrl(job.fileName, job.format, signal)
  job.url = url
  job.provider = provider
  job.blocksDone = 0
  job.addresses++
  job.state = 'initiated'
  job.trouble = null
  note(job, { now }, `${provider} ${withoutQuery(url)}`, 'initiate')
  await outbox.save(job)
}

async function upload(job: Job, { client, outbox, signal, now }: SendContext): Promise<void> {
  const answer = await putBlob(client.transport, {
    url: job.url ?? '',
    provider: job.provider ?? 'azure',
    file: outbox.bodyOf(job),
    sizeBytes: job.bytes,
    blocksDone: job.blocksDone,
    onBlock: async (blocks) => {
      job.blocksDone = blocks
      await outbox.save(job)
    },
    signal,
    now,
  })
  job.state = 'uploaded'
  job.trouble = null
  note(job, { now }, `status ${answer.status}, etag ${answer.headers['etag'] ?? 'none'}`, 'upload')
  await outbox.save(job)
}

async function finalise(job: Job, { client, outbox, signal, now }: SendContext): Promise<void> {
  const before = job.mayBeTaken
  job.state = 'finalising'
  job.mayBeTaken = true
  let answer
  let asked = false
  try {
    await outbox.save(job)
    asked = true
    answer = await client.done(
      {
        uploadUrl: job.url ?? '',
        inputStreamName: job.stream,
        ...(job.snapshot && { uploadAsSnapshot: true }),
      },
      signal,
    )
  } catch (error) {
    // it is certain that this one had no effect; an earlier one may have had
    if (!asked || error instanceof Refused || (error instanceof TryAgain && !error.sent))
      job.mayBeTaken = before
    throw error
  }
  job.mayBeTaken = false
  job.state = 'receipted'
  job.trouble = null
  job.closed = new Date(now()).toISOString()
  note(job, { now }, `status ${answer.status} ${shown(answer.text)}`, 'finalise')
  await outbox.save(job)
}

/** From the beginning with another address, unless the old one may have been finalised. */
async function renew(job: Job, context: SendContext, why: string): Promise<void> {
  note(job, context, why)
  if (job.mayBeTaken || job.addresses >= addressesMax)
    return close(job, context, job.mayBeTaken ? 'uncertain' : 'refused', why)
  job.state = 'waiting'
  job.url = null
  job.trouble = why
  await context.outbox.save(job)
  if (job.addresses >= 3)
    throw new TryAgain(`${why}; ${job.addresses} addresses were no good`, { sent: false })
}

async function refused(job: Job, context: SendContext, error: Refused): Promise<void> {
  const { status, text } = error.answer
  const why = `${error.message} ${shown(text)}`.trim()
  if (job.state !== 'finalising') return close(job, context, 'refused', why)
  if (job.mayBeTaken) {
    const taken = status === 409 || /already/i.test(text)
    return close(job, context, taken ? 'receipted' : 'uncertain', why)
  }
  if ([404, 410].includes(status) || /expired|unknown url/i.test(text))
    return renew(job, context, why)
  return close(job, context, 'refused', why)
}

async function close(
  job: Job,
  context: SendContext,
  state: 'receipted' | 'refused' | 'uncertain',
  why: string,
): Promise<void> {
  job.state = state
  job.trouble = state === 'receipted' ? null : why
  job.closed = new Date(context.now()).toISOString()
  note(job, context, why)
  await context.outbox.save(job)
}

const stepOf: Partial<Record<Job['state'], JobStep['step']>> = {
  waiting: 'initiate',
  initiated: 'upload',
}

function note(
  job: Job,
  { now }: Pick<SendContext, 'now'>,
  answer: string,
  done?: JobStep['step'],
): void {
  job.steps.push({
    at: new Date(now()).toISOString(),
    step: done ?? stepOf[job.state] ?? 'finalise',
    answer: answer.slice(0, publishLimits.answerCharacters),
  })
  if (job.steps.length > stepsKept) job.steps.splice(1, job.steps.length - stepsKept)
}
