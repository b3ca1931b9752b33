/** Whether the objects of a dump can keep their tablespaces on the target. */
import { readTablespaces, type Server } from '../server/index.js'

/** True when every tablespace of the source exists on the target and may be used; otherwise all objects go to the default one. */
export async function carriesTablespaces(source: Server, target: Server): Promise<boolean> {
  const [wanted, offered] = await Promise.all([
    source.withSession(undefined, readTablespaces),
    target.withSession(undefined, readTablespaces),
  ])
  const usable = new Set(offered.filter(({ isUsable }) => isUsable).map(({ name }) => name))
  return wanted.every(({ name }) => usable.has(name))
}
