/** Set-up of the projects that use real servers. */
export default function run(): void {
  return undefined
}
