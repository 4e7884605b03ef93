"""The pages: server-rendered, working without JavaScript, in Chinese and English."""
