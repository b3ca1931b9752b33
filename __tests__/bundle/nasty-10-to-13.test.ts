/** The majors from 10 to 13 with everything that can go wrong. */
import { tellNastyStory } from '../support/nasty-story.js'

tellNastyStory({ from: 10, method: 'plain', isRefused: true })
tellNastyStory({ from: 11, method: 'stream' })
tellNastyStory({ from: 12, method: 'copy' })
tellNastyStory({ from: 13, method: 'parallel' })
