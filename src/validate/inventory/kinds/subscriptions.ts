/** Subscriptions, with all that a dump carries of them. */
import { notShown } from '../../../telling/settings.js'
import { role, since, sorted, type Kind } from '../kind.js'

/**
 * Subscriptions of this database. A restored one is disabled until somebody enables it, so that is not compared; only a
 * superuser's dump has them (pg_dump, getSubscriptions). Their connection is shown to superusers, holds a password, and is
 * compared like the options of user mappings; so is what everybody may see since 14 only. The slot may have been let go on the
 * source, as the check asks for when the target takes over. What a source does not know yet becomes the default of a restore.
 */
export const subscriptions: Kind = {
  kind: 'subscription',
  // Binary, streaming: 14. Two-phase, disabling on errors: 15. Origin, passwords, whose rights: 16. Failover: 17. Of a foreign server, dead tuples, time-out: 19.
  sql: (versions) =>
    `select pg_catalog.quote_ident(s.subname) as object,
            pg_catalog.jsonb_build_object(
              'owner', ${role('s.subowner')},
              'connection', ${versions.isSuperuser ? 'pg_catalog.hashtext(s.subconninfo)' : 'null'},
              'slot', s.subslotname,
              'publications', ${sorted('s.subpublications')},
              'synchronous commit', ${versions.isSuperuser ? 's.subsynccommit' : since(versions, 14, 's.subsynccommit', 'null')},
              'binary', ${since(versions, 14, 's.subbinary', 'false')},
              'streaming', ${since(versions, 14, 'pg_catalog.left(s.substream::pg_catalog.text, 1)', `'f'`)},
              'two-phase', ${since(versions, 15, `s.subtwophasestate <> 'd'`, 'false')},
              'disabled on error', ${since(versions, 15, 's.subdisableonerr', 'false')},
              'origin', ${since(versions, 16, 's.suborigin', `'any'`)},
              'password required', ${since(versions, 16, 's.subpasswordrequired', 'true')},
              'run as owner', ${since(versions, 16, 's.subrunasowner', 'true')},
              'failover', ${since(versions, 17, 's.subfailover', 'false')},
              'server', ${since(
                versions,
                19,
                `(select f.srvname from pg_catalog.pg_foreign_server f where f.oid = s.subserver)`,
                'null',
              )},
              'retain dead tuples', ${since(versions, 19, 's.subretaindeadtuples', 'false')},
              'max retention duration', ${since(versions, 19, 's.submaxretention', '0')},
              'receiver timeout', ${since(versions, 19, 's.subwalrcvtimeout', `'-1'`)}) as facts,
            pg_catalog.current_setting('is_superuser') = 'on' as carried
       from pg_catalog.pg_subscription s
      where s.subdbid = (select d.oid from pg_catalog.pg_database d
                          where d.datname = pg_catalog.current_database())`,
  agree: (fact, source, target) =>
    fact === 'slot'
      ? source === null
      : (fact === 'connection' || fact === 'synchronous commit') &&
        (source === null || target === null),
  told: (fact, value) => (fact === 'connection' && value !== null ? notShown : value),
}
