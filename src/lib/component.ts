/** The life of a component: options in, this out; no side effect before `start`. */
export interface Component<Status> {
  start(): Promise<void>
  /** Ends all work, keeps what was accepted. Safe to call twice and after a failed start. */
  stop(): Promise<void>
  /** Plain data for the API and the metrics; counters only grow. */
  status(): Status
}
