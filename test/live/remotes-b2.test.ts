import { tellStory } from './support/remote-story.ts';

tellStory('b2');
