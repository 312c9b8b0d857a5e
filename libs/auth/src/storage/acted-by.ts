/** Who did something to a user, for events and the audit trail; it decides nothing. */
export interface ActedBy {
  /** Id of the authenticated user who asked for it. Default none: the system did it, or code of the host's that names nobody. */
  readonly actorId?: string;
}
