/** The majors from 14 to 17 with everything that can go wrong, to administrators of 15 to 18. */
import { tellAdministratorStory } from '../support/nasty-administrator-story.js'

tellAdministratorStory({ from: 14, to: 15, method: 'custom' })
tellAdministratorStory({ from: 15, to: 16, method: 'copy', tools: 15 })
tellAdministratorStory({ from: 16, to: 17, method: 'parallel' })
tellAdministratorStory({ from: 17, to: 18, method: 'stream', byReader: true })
