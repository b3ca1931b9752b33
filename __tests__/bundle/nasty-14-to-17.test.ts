/** The majors from 14 to 17 with everything that can go wrong. */
import { tellNastyStory } from '../support/nasty-story.js'

tellNastyStory({ from: 14, method: 'copy' })
tellNastyStory({ from: 15, method: 'custom' })
tellNastyStory({ from: 16, method: 'parallel' })
tellNastyStory({ from: 17, method: 'copy', isRefused: true })
