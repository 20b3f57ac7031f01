import { tellStory } from './support/remote-story.ts';

tellStory('azure');
