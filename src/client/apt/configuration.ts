/** The text of the files that make an apt private: nothing of the host is read but what is named here, nothing is written. */

/** One repository of the private apt. */
export interface AptRepository {
  readonly uri: string
  readonly suites: readonly string[]
  readonly components: readonly string[]
  /**
   * What has to have signed it: the absolute path of a keyring, or the armored text of a key;
   * undefined for the keys that the host's apt trusts.
   */
  readonly keyring: string | undefined
}

export interface AptLayout {
  /** The folder that holds all of the private apt. */
  readonly directory: string
  readonly architecture: string
  /** Lines of the host's own configuration on how to reach a mirror, from `networkSettings`. */
  readonly settings: readonly string[]
}

/**
 * The file that APT_CONFIG names. It is read before /etc/apt/apt.conf.d and turns that off: the hooks there
 * would clean up in the host's folders. Signatures are demanded whatever the host's settings are.
 */
export function aptConfiguration({ directory, architecture, settings }: AptLayout): string {
  return [
    'Dir::Etc::parts "/dev/null";',
    'Dir::Etc::main "/dev/null";',
    'Dir::Etc::sourcelist "/dev/null";',
    `Dir::Etc::sourceparts "${directory}/sources";`,
    'Dir::Etc::preferences "/dev/null";',
    'Dir::Etc::preferencesparts "/dev/null";',
    `Dir::State "${directory}/state";`,
    `Dir::State::status "${directory}/state/status";`,
    `Dir::Cache "${directory}/cache";`,
    `Dir::Log "${directory}/log";`,
    `APT::Architecture "${architecture}";`,
    `APT::Architectures { "${architecture}"; };`,
    'APT::Install-Recommends "false";',
    'APT::Install-Suggests "false";',
    // Root's apt would change to _apt, who may not enter the tool cache.
    'APT::Sandbox::User "root";',
    'APT::Update::Error-Mode "any";',
    'Acquire::Languages "none";',
    'Acquire::Retries "2";',
    'Acquire::http::Timeout "15";',
    'Acquire::https::Timeout "15";',
    ...settings,
    'APT::Get::AllowUnauthenticated "false";',
    'Acquire::AllowInsecureRepositories "false";',
    'Acquire::AllowWeakRepositories "false";',
    'Acquire::AllowDowngradeToInsecureRepositories "false";',
    '',
  ].join('\n')
}

/** The lines of `apt-config dump` that say how to reach a mirror: proxies, certificates, time-outs, dates. */
export function networkSettings(dump: string): string[] {
  const wanted =
    /^Acquire::(?:https?|mirror|Retries|ForceIPv[46]|Check-Valid-Until|Check-Date|Max-ValidTime)(?:::\S*)? ".+";$/
  return dump.split('\n').filter((line) => wanted.test(line) && !line.includes('::Allow'))
}

/** The one file of sources, in deb822 format. */
export function aptSources(repositories: readonly AptRepository[]): string {
  return repositories
    .map((repository) =>
      [
        'Types: deb',
        `URIs: ${repository.uri}`,
        `Suites: ${repository.suites.join(' ')}`,
        `Components: ${repository.components.join(' ')}`,
        ...(repository.keyring === undefined ? [] : [`Signed-By: ${repository.keyring}`]),
        '',
      ].join('\n'),
    )
    .join('\n')
}

/** Is this the text of a key, not the path of one? */
export function isArmored(keyring: string): boolean {
  return keyring.includes('-----BEGIN PGP')
}

/**
 * A dpkg status in which only packages that the tools do not need count as installed: the Perl wrapper of
 * Debian's, and debconf. They would bring all of Perl along.
 */
export function aptStatus(): string {
  return ['postgresql-client-common', 'debconf']
    .map((name) =>
      [
        `Package: ${name}`,
        'Status: install ok installed',
        'Architecture: all',
        'Version: 9999',
        'Maintainer: nobody',
        'Description: not needed by the client tools',
        '',
      ].join('\n'),
    )
    .join('\n')
}
