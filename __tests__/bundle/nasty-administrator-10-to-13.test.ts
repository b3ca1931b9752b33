/** The majors from 10 to 13 with everything that can go wrong, to administrators of 15 to 18. */
import { tellAdministratorStory } from '../support/nasty-administrator-story.js'

tellAdministratorStory({ from: 10, to: 15, method: 'plain' })
tellAdministratorStory({ from: 11, to: 16, method: 'stream', tools: 15 })
tellAdministratorStory({ from: 12, to: 17, method: 'copy' })
tellAdministratorStory({ from: 13, to: 18, method: 'parallel' })
