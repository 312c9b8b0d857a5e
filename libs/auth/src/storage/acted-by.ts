/** Who did something to a user, for events and the audit trail. It has no other effect. */
export interface ActedBy {
  /** Id of the authenticated user who asked for it. Default none: the system did it, or host code without an actor. */
  readonly actorId?: string;
}
