import { Controller, Get, Header } from '@nestjs/common';
import { Public } from '@tokenward/nestjs';

const PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Tokenward</title></head>
<body>
<main>
<h1>Tokenward demo</h1>
<p>The API is up. Its description is at <a href="/docs">/docs</a>; the README shows a sign-in with curl.</p>
</main>
</body>
</html>
`;

@Controller()
@Public()
export class PageController {
  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  home(): string {
    return PAGE;
  }
}
