/** The chat room. */
import { Module } from '@nestjs/common';
import { CapabilitiesModule } from '../common/capabilities/capabilities.module.js';
import { Capabilities } from '../common/capabilities/capabilities.service.js';
import { chatCapabilities } from './chat-capabilities.js';
import { ChatController } from './chat.controller.js';
import { ChatService } from './chat.service.js';

@Module({ imports: [CapabilitiesModule], controllers: [ChatController], providers: [ChatService] })
export class ChatModule {
  constructor(capabilities: Capabilities) {
    capabilities.declare('chat', chatCapabilities());
  }
}
