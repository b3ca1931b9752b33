/** Words of messages of servers and tools by which errors are recognised: in none of them is anything cut out. */

/** Of eight letters and more. A password that is one of them is no secret; asterisks in a sentence that everybody knows would tell it. */
export const wordsOfServers: readonly string[] =
  `administrator affected aggregate argument arguments authentication authorization available canceling character checkpoint
   collation collations collator commutator compression configuration conflict conflicting connection connections
   constraint contains contents conversion creating database databases deadlock declared definitions detected dictionary
   directory duplicate encoding equivalent executing expected expression expressions extension extensions function
   functions generated generation identifier immutable incompatible inherited inherits initially installed internal
   language libraries materialized memberships mismatch operator operators parameter parameters partition partitions
   password performed permission pg_dumpall pg_restore postgres postgresql privileges procedure procedures processing
   provider providers publication recovery relation relations remaining replication requested required requires reserved
   restoring restrict rewritten security sequence sequences shutting snapshot something specified specifies standard
   starting statement statements subscription superuser superusers supported tablespace temporary terminating thesaurus
   tinterval transaction transactions transition triggers undefined unexpected unexpectedly unrecognized unsupported
   vacuumdb violated violates`.split(/\s+/)
